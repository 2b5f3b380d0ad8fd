"""The notebook: runs from its first cell to its last, and is what Jupyter and Colab expect."""

import re

import jupytext
import nbclient
import nbformat
import pytest
from pages import DOCS

STEM = "from_xy_to_the_wall"
SOURCE = DOCS / "notebooks" / f"{STEM}.py"
FEWER = "INPUTS = (2, 3)\nRESTARTS = 4"


@pytest.fixture
def notebook(monkeypatch):
    """The notebook without outputs, for a kernel that compiles as it does for a reader."""
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    return jupytext.read(SOURCE)


def execute(notebook, folder):
    """Runs it there; an error in a cell is an error here."""
    nbclient.execute(notebook, cwd=str(folder), timeout=250)
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(cells):
    return "".join(out.text for cell in cells for out in cell.outputs if "text" in out)


def test_runs_with_a_smaller_sweep(notebook, tmp_path):
    (settings,) = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    assert re.fullmatch(r"INPUTS = .+\nRESTARTS = \d+", settings.source)
    settings.source = FEWER
    cells = code_cells(execute(notebook, tmp_path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    drawn = [out for cell in cells for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(drawn) == 3
    text = printed(cells)
    assert "n = 3: certified 8, training succeeds from 8 on" in text
    assert text.count("refused.") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["product_3.json"]
    nbformat.validate(notebook)


def test_metadata_is_what_colab_expects(notebook):
    assert (notebook.nbformat, notebook.metadata.kernelspec.name) == (4, "python3")
    assert notebook.metadata.language_info.name == "python"
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    # nothing that only one machine has, and no address that nobody vouches for
    text = nbformat.writes(notebook)
    assert not re.search(r"https?://|/home/|/tmp|/content", text)


# Stands before the first cell: no package noflat, and a pip that only says what it was asked.
STAND_INS = """
import importlib.util, sys
from IPython.core.magic import register_line_magic
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "noflat" else found(name)

@register_line_magic
def pip(line):
    print("pip", line)
"""


@pytest.mark.parametrize("wheel", [None, "noflat-0.1.0-py3-none-any.whl"])
def test_first_cell_installs_noflat_where_it_is_missing(notebook, tmp_path, wheel):
    if wheel:
        (tmp_path / wheel).touch()
    notebook.cells = [nbformat.v4.new_code_cell(STAND_INS), code_cells(notebook)[0]]
    text = printed(execute(notebook, tmp_path).cells)
    source = tmp_path / wheel if wheel else "noflat"
    assert f'pip install --quiet "{source}[figures]"' in text
    assert re.search(r"noflat \S+, jax \S+ on cpu", text)


def test_first_cell_asks_for_a_restart_after_an_upgrade(notebook, tmp_path):
    stale = nbformat.v4.new_code_cell("import numpy; numpy.__version__ = '2.0.0'")
    notebook.cells = [stale, code_cells(notebook)[0]]
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="numpy was loaded before"):
        execute(notebook, tmp_path)
