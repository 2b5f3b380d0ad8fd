"""What tests of experiments and of figures share, and a browser for pages."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A headless Chromium that is there already: $CHROMIUM, or one on the path."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("there is no Chromium: install one, or name it in $CHROMIUM")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=flags)
        yield started
        started.close()
