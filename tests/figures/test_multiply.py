"""The figure: what is drawn is what the record says, and drawing it again gives the same bytes."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from noflat.figures.multiply import draw

ROOT = Path(__file__).parents[2]


def test_lines_equal_the_rows(record):
    figure = draw(record)
    numbers = sorted({row["n"] for row in record.tables["results"]})
    for axis, n in zip(figure.axes, numbers, strict=False):
        drawn = {line.get_label(): line for line in axis.lines}
        line = drawn["exp, no biases"]
        rows = [
            row
            for row in record.tables["widths"]
            if (row["n"], row["activation"], row["convention"]) == (n, "exp", "bias_free")
        ]
        np.testing.assert_array_equal(line.get_xdata(), [row["width"] for row in rows])
        np.testing.assert_array_equal(line.get_ydata(), [row["best_error"] for row in rows])
    tree = next(line for line in figure.axes[-1].lines if "deep tree" in str(line.get_label()))
    np.testing.assert_array_equal(tree.get_ydata(), 4 * (np.asarray(tree.get_xdata()) - 1))


def test_same_bytes_twice_and_no_jax(tmp_path):
    code = (
        "import sys; from noflat.figures import _drawing, multiply; "
        f"_drawing.main('multiply', multiply.draw, ['--records', {str(ROOT / 'experiments')!r}, "
        "'--out', sys.argv[1]]); assert 'jax' not in sys.modules, 'drawing needs no JAX'"
    )
    for folder in ("one", "two"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / folder)], check=True)
    for name in ("multiply.pdf", "multiply.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_missing_record_says_what_writes_it(tmp_path):
    command = [sys.executable, "-m", "noflat.figures.multiply", "--records", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"write it with `noflat run multiply --out {tmp_path}`" in done.stderr
    assert "Traceback" not in done.stderr
