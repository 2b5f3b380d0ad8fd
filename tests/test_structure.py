"""The house itself: who may import whom, one stem in four places, and what no module does."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from noflat_site.api import floors

import noflat
from noflat.experiments.__main__ import stems

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(noflat.__file__).parent  # what is installed, which need not be the source beside it

# An import points to a lower floor or stays on its own.
FLOORS = {room: floor for floor, rooms, _ in floors(ROOT) for room in rooms}
# The upper and the lower bound are independent evidence.
STRANGERS = {"constructions": "certificates", "certificates": "constructions"}
# The checker of certificates shares nothing with what made them: its files import each other only.
ALONE = "noflat.certificates.checker"
# Figures see records, never the experiments that wrote them.
FIGURES_MAY_IMPORT = sys.stdlib_module_names | {"numpy", "matplotlib", "noflat"}

Modules = dict[str, ast.Module]


def modules(package: Path) -> Modules:
    """Parses every module below `package`, named in full; a package has the name of its folder."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts)] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def imports(module: str, tree: ast.Module) -> Iterator[str]:
    """Yields the full name of all that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = [*above, node.module] if node.module else above
            yield from (".".join([*base, alias.name]) for alias in node.names)


def below(name: str, ancestor: str) -> bool:
    return name == ancestor or name.startswith(ancestor + ".")


def crossing(module: str, imported: str) -> str | None:
    """Says which rule of the floors an import breaks, if any."""
    room = module.split(".")[1]
    if room not in FLOORS:
        return "has no floor"
    if room == "figures" and imported.split(".")[0] not in FIGURES_MAY_IMPORT:
        return "figures import only numpy, matplotlib and the standard library"
    if not below(imported, "noflat"):
        return None
    if below(module, ALONE):
        return None if below(imported, ALONE) else "the checker stands alone"
    other = (imported + ".").split(".")[1]
    if other not in FLOORS:
        return "not a room of the house"
    if STRANGERS.get(room) == other:
        return "the two never import each other"
    if room == "figures" and other == "experiments":
        seen = ("noflat.experiments.records", "noflat.experiments._claims")
        known = any(below(imported, module) for module in seen)
        return None if known else "figures see only the records and their claims"
    return "upward" if FLOORS[other] > FLOORS[room] else None


def floor_violations(found: Modules) -> list[str]:
    return [
        f"{module} imports {imported}: {rule}"
        for module, tree in found.items()
        if module != "noflat.__init__"
        for imported in imports(module, tree)
        if (rule := crossing(module, imported))
    ]


def stem_violations(package: Path) -> list[str]:
    experiments, figures = (set(stems(package / folder)) for folder in ("experiments", "figures"))
    return [
        *(f"experiments/{stem}.py has no figure" for stem in sorted(experiments - figures)),
        *(f"figures/{stem}.py has no experiment" for stem in sorted(figures - experiments)),
    ]


def stray_code(root: Path) -> list[str]:
    folders = (root / "experiments", root / "paper_figures")
    return [str(path.relative_to(root)) for folder in folders for path in folder.rglob("*.py")]


def private_jax(found: Modules) -> list[str]:
    private = ("jax.core", "jax.interpreters", "jax._src")
    return [
        f"{module} imports {imported}"
        for module, tree in found.items()
        for imported in imports(module, tree)
        if any(below(imported, name) for name in private)
    ]


def unsafe_code(found: Modules) -> list[str]:
    def unsafe(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name) and node.id in {"eval", "exec"}:
            return node.id
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            refused = isinstance(node.value, ast.Constant) and node.value.value is False
            return None if refused else "allow_pickle"
        return None

    return [
        *(
            f"{module} uses {name}"
            for module, tree in found.items()
            for node in ast.walk(tree)
            if (name := unsafe(node))
        ),
        *(
            f"{module} imports {imported}"
            for module, tree in found.items()
            for imported in imports(module, tree)
            if imported.split(".")[0] in {"pickle", "cloudpickle", "dill", "marshal", "shelve"}
        ),
    ]


def long_modules(package: Path, *, lines: int = 400) -> list[str]:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in package.rglob("*.py")
    }
    return [f"{path}: {length} lines" for path, length in lengths.items() if length > lines]


def test_the_table_of_floors_has_every_room():
    assert set(FLOORS) == {name.split(".")[1] for name in modules(PACKAGE)} - {"__init__"}


def test_imports_point_down():
    assert floor_violations(modules(PACKAGE)) == []


def test_every_experiment_has_a_figure():
    assert stem_violations(PACKAGE) == []


def test_no_code_lies_among_the_records():
    assert stray_code(ROOT) == []


def test_no_module_imports_the_inside_of_jax():
    assert private_jax(modules(PACKAGE)) == []


def test_no_module_runs_text_or_pickles():
    assert unsafe_code(modules(PACKAGE)) == []


def test_no_module_is_too_long():
    assert long_modules(PACKAGE) == []


def run_python(*arguments: str) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("JAX_")}
    ignored = "ignore:path is deprecated:DeprecationWarning:ziamath.zmath"  # as in pyproject.toml
    run = subprocess.run(
        [sys.executable, "-W", "error", "-W", ignored, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_importing_noflat_leaves_x64_off_and_warns_of_nothing():
    run_python("-c", "import noflat, jax; assert jax.config.jax_enable_x64 is False")


def test_importing_any_module_changes_no_configuration():
    names = [name.removesuffix(".__init__") for name in modules(PACKAGE) if "__main__" not in name]
    program = (
        "import importlib, sys, jax; before = dict(jax.config.values);"
        "[importlib.import_module(name) for name in sys.argv[1:]];"
        "assert jax.config.values == before"
    )
    run_python("-c", program, *names)


# The checks themselves: each finds what is planted, and only that.


def plant(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "noflat" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "noflat"


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("networks.py", "import noflat.measure.error", "upward"),
        ("networks.py", "from noflat import measure", "upward"),
        ("networks.py", "from . import measure", "upward"),
        ("targets/linear.py", "from ..training import fit", "upward"),
        ("targets/__init__.py", "from ..training.fit import fit", "upward"),
        ("training/fit.py", "def fit():\n    from noflat.measure import error", "upward"),
        ("experiments/one.py", "from noflat.figures import one", "upward"),
        ("constructions/tree.py", "from noflat.certificates import rank", "never import"),
        ("certificates/rank.py", "from noflat.constructions import tree", "never import"),
        ("certificates/checker.py", "from noflat.targets import linear", "stands alone"),
        ("certificates/checker.py", "from .rank import rank", "stands alone"),
        (
            "certificates/checker/__init__.py",
            "from noflat.certificates import rank",
            "stands alone",
        ),
        ("certificates/checker/taylor.py", "from noflat.targets import linear", "stands alone"),
        ("certificates/checker/taylor.py", "from ..rank import rank", "stands alone"),
        ("certificates/checker/taylor.py", "import noflat", "stands alone"),
        ("figures/one.py", "import jax", "only numpy"),
        ("figures/one.py", "from noflat.experiments import one", "only the records"),
        ("figures/one.py", "from noflat.experiments.one import run", "only the records"),
        ("figures/one.py", "from noflat.cli import main", "upward"),
        ("experiments/one.py", "def main():\n    from noflat.commands import bounds", "upward"),
        ("measure/error.py", "import noflat", "not a room"),
        ("measure/error.py", "from noflat import __version__", "not a room"),
        ("utils.py", "import numpy", "has no floor"),
    ],
)
def test_a_planted_import_is_caught(tmp_path, name, text, rule):
    (violation,) = floor_violations(modules(plant(tmp_path, {name: text})))
    assert rule in violation


def test_a_house_in_order_is_let_through(tmp_path):
    package = plant(
        tmp_path,
        {
            "__init__.py": "from noflat.measure.error import error as error",
            "networks.py": "import jax\nfrom noflat.activations import tanh",
            "constructions/tree.py": "from noflat import networks\nfrom .gate import gate",
            "certificates/rank.py": "from noflat.certificates import verify",
            "certificates/checker/__init__.py": "import noflat.certificates.checker.taylor",
            "certificates/checker/taylor.py": "from fractions import Fraction\nfrom . import two",
            "experiments/one.py": "from noflat.experiments import records\nimport noflat.doctor",
            "figures/one.py": "import csv\nimport matplotlib.pyplot\nfrom . import _style\n"
            "from noflat.experiments.records import load\nfrom noflat.measure import error",
        },
    )
    assert floor_violations(modules(package)) == []


def test_a_missing_half_of_a_stem_is_caught(tmp_path):
    shared = ("__init__", "__main__", "_plumbing", "records", "both")
    files = {f"experiments/{name}.py": "" for name in (*shared, "undrawn")}
    files |= {f"figures/{name}.py": "" for name in ("__init__", "_style", "both", "unmeasured")}
    assert stem_violations(plant(tmp_path, files)) == [
        "experiments/undrawn.py has no figure",
        "figures/unmeasured.py has no experiment",
    ]


def test_code_among_the_records_is_caught(tmp_path):
    script = tmp_path / "experiments" / "one" / "plot.py"
    script.parent.mkdir(parents=True)
    script.touch()
    assert stray_code(tmp_path) == ["experiments/one/plot.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import jax.core",
        "from jax import core",
        "from jax.core import Primitive",
        "from jax._src.lax import lax",
        "from jax.interpreters import ad",
    ],
)
def test_the_inside_of_jax_is_caught(tmp_path, text):
    assert len(private_jax(modules(plant(tmp_path, {"networks.py": text})))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "run = exec",
        "import pickle",
        "from pickle import loads",
        "numpy.load('a', allow_pickle=True)",
        "numpy.load('a', allow_pickle=flag)",
    ],
)
def test_unsafe_code_is_caught(tmp_path, text):
    assert len(unsafe_code(modules(plant(tmp_path, {"networks.py": text})))) == 1


def test_a_safe_load_is_let_through(tmp_path):
    text = "numpy.load('a', allow_pickle=False)\nmodel.eval()"
    assert unsafe_code(modules(plant(tmp_path, {"networks.py": text}))) == []


def test_a_long_module_is_caught(tmp_path):
    package = plant(tmp_path, {"full.py": "\n" * 400, "overfull.py": "\n" * 401})
    (violation,) = long_modules(package)
    assert "overfull.py: 401 lines" in violation
