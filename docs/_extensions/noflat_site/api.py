"""Pages of the API: a page per module, below the floors of the house."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import noflat
from noflat_site.files import title

PACKAGE = Path(noflat.__file__).parent

_FLOOR = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def pages(root: Path) -> dict[str, str]:
    """The pages of the API by their names, `index.rst` and one for each public module.

    Args:
        root: The repository, whose `CONTRIBUTING.md` says what stands on which floor.

    Raises:
        ValueError: If a room of the house has no floor there.
    """
    found = floors(root)
    homeless = set(_below("noflat")) - {f"noflat.{room}" for _, rooms, _ in found for room in rooms}
    if homeless:
        raise ValueError(
            f"{', '.join(sorted(homeless))} has no floor: put it into the table of CONTRIBUTING.md"
        )
    modules = {f"{module}.rst": _module_page(module) for module in _all_below("noflat")}
    return {"index.rst": _index(found), **modules}


def floors(root: Path) -> list[tuple[int, list[str], str]]:
    """The floors with their rooms and what is there, as the table of CONTRIBUTING.md tells."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = text[text.index("## The floors") :]
    return [
        (int(floor), re.findall(r"`(\w+)`", rooms), what.replace("`", "``"))
        for floor, rooms, what in _FLOOR.findall(text)
    ]


@cache
def exports() -> dict[str, str]:
    """For each name that a package passes on, where it is defined, the shortest place to import."""
    found: dict[str, str] = {}
    for package in sorted(_packages(), key=lambda name: name.count("."), reverse=True):
        found |= {f"{place}.{name}": package for name, place in _public_names(package).items()}
    return found


def _index(found: list[tuple[int, list[str], str]]) -> str:
    lines = [
        title("API"),
        "The names of ``noflat`` itself; then every module, floor by floor. Imports point down or",
        "stay on their floor.",
        "",
        title("The public names", "-"),
        *_table(f"{place}.{name}" for name, place in _public_names("noflat").items()),
    ]
    for floor, rooms, what in found:
        modules = [f"noflat.{room}" for room in rooms]
        lines += [title(f"Floor {floor}", "-"), f"{what[0].upper()}{what[1:]}.", ""]
        lines += [*_table(modules), *_contents(modules)]
    return "\n".join(lines)


def _module_page(module: str) -> str:
    names = [f"{place}.{name}" for name, place in _public_names(module).items()]
    modules = _below(module)
    # the contents of the site stop at the rooms, so that each page loads and is built fast
    lines = [] if module.count(".") == 1 else [":orphan:", ""]
    lines += [title(module.replace("_", r"\_")), f".. automodule:: {module}"]
    lines += [f"   :members: {', '.join(_defined(module))}" if _defined(module) else "", ""]
    # names in the tables are told in full
    lines += [".. py:currentmodule:: None", ""]
    if names:
        lines += [title("Public names", "-"), *_table(names)]
    if modules:
        lines += [title("Modules", "-"), *_table(modules)]
    return "\n".join(lines)


def _table(names: Iterator[str] | list[str]) -> list[str]:
    """One line per name, with the first sentence of what it is."""
    rows = [f"   ~{name}" if name.count(".") > 1 else f"   {name}" for name in names]
    return [".. autosummary::", "   :nosignatures:", "", *rows, ""]


def _contents(modules: list[str]) -> list[str]:
    return [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in modules), ""]


def _path(module: str) -> Path:
    """The file of a module, or of the package of that name."""
    folder = PACKAGE.joinpath(*module.split(".")[1:])
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def _below(module: str) -> list[str]:
    """The public modules of a package."""
    path = _path(module)
    if path.name != "__init__.py":
        return []
    names = [file.stem for file in path.parent.glob("*.py")]
    names += [file.parent.name for file in path.parent.glob("*/__init__.py")]
    return [f"{module}.{name}" for name in sorted(names) if not name.startswith("_")]


def _all_below(module: str) -> Iterator[str]:
    for name in _below(module):
        yield name
        yield from _all_below(name)


def _packages() -> list[str]:
    return ["noflat", *(name for name in _all_below("noflat") if _below(name))]


def _defined(module: str) -> list[str]:
    """What a module defines and tells in a docstring."""
    names, above = [], ast.Pass()
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            names.append(node.name)
        elif isinstance(node, ast.Expr) and isinstance(above, ast.Assign | ast.AnnAssign):
            target = above.target if isinstance(above, ast.AnnAssign) else above.targets[0]
            names += [target.id] if isinstance(target, ast.Name) else []
        above = node
    return [name for name in names if not name.startswith("_")]


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


@cache
def _public_names(module: str) -> dict[str, str]:
    """The names that a module passes on, each with the module that defines it."""
    tree = _tree(module)
    return {
        alias.name: _home(node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if alias.asname == alias.name
    }


def _home(module: str, name: str) -> str:
    """The module that defines a name, if need be through packages that pass it on."""
    return _public_names(module).get(name, module)
