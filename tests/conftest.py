"""What tests of experiments and of figures share."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from noflat.experiments.records import Record

RECORDS = Path(__file__).parents[1] / "experiments"


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> "Record":
    """The committed record of the experiment that the file of tests is named after.

    A part of the tests of one experiment has a name with something after that.
    """
    # not before jaxtyping instruments the library, which the oldest one does after this file
    from noflat.experiments.records import read

    name = request.path.stem.removeprefix("test_")
    while not (RECORDS / name).is_dir() and "_" in name:
        name = name.rpartition("_")[0]
    return read(RECORDS / name, name)
