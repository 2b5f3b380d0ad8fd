"""A report to look at."""

import shutil
from pathlib import Path

import pytest
from hostile import write_hostile

RECORDS = Path(__file__).parents[2] / "experiments"


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of all kinds: of a known experiment, of an unknown one that means harm, certificates.

    One certificate of the known one was changed after it was written.
    """
    folder = tmp_path_factory.mktemp("records")
    shutil.copytree(RECORDS / "multiply", folder / "multiply")
    changed = folder / "multiply" / "certificates" / "exp-bias_free-taylor-4.json"
    changed.write_text(changed.read_text().replace('"neurons": 16', '"neurons": 15'))
    write_hostile(folder / 'x"><b onclick=hacked=3>')
    return folder


@pytest.fixture(scope="session")
def report(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of these records."""
    from noflat.report import write_report

    out = tmp_path_factory.mktemp("report") / "report.html"
    write_report(records, out)
    return out
