"""What tests of experiments and of figures share."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from noflat.experiments.records import Record

RECORDS = Path(__file__).parents[1] / "experiments"


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> "Record":
    """The committed record of the experiment that the file of tests is named after."""
    # not before jaxtyping instruments the library, which the oldest one does after this file
    from noflat.experiments.records import read

    name = request.path.stem.removeprefix("test_")
    return read(RECORDS / name, name)
