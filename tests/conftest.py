"""What tests of experiments and of figures share."""

from pathlib import Path

import pytest

from noflat.experiments.records import Record, read

RECORDS = Path(__file__).parents[1] / "experiments"


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> Record:
    """The committed record of the experiment that the file of tests is named after."""
    name = request.path.stem.removeprefix("test_")
    return read(RECORDS / name, name)
