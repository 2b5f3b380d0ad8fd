"""README: its numbers are what the library says."""

import csv
import re
from pathlib import Path

import noflat
from noflat import Convention, flat_product, lower_bound, product, product_tree
from noflat.experiments.__main__ import experiments

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_example_shows_the_public_names():
    for name in noflat._MODULES:
        if name not in ("Activation", "activation", "Certificate", "multiplication_gate"):
            if name not in ("Network", "from_flax", "to_flax", "load", "save"):
                assert f"{name}(" in README, name


def test_table_of_minima():
    rows = {
        cells[0].strip(): [int(number) for number in cells[2].split(",")]
        for cells in re.findall(r"^\| ([^|]+)\|([^|]+)\|([ \d,]+)\|$", README, flags=re.MULTILINE)
    }
    biases = Convention(hidden_bias=True, output_bias=True)
    conventions = {
        "exp, no biases: taylor, uniform": ("exp", Convention()),
        "exp, output bias: taylor, uniform": ("exp", Convention(output_bias=True)),
        "exp, affine skip: taylor, uniform": ("exp", Convention(affine_skip=True)),
        "gelu, silu, hidden biases: taylor": ("gelu silu", Convention(hidden_bias=True)),
        "tanh, hidden and output biases: taylor": ("tanh", biases),
    }
    for name, (activations, allowed) in conventions.items():
        for activation in activations.split():
            senses = ("taylor", "uniform") if "uniform" in name else ("taylor",)
            built = [flat_product(n, activation, convention=allowed).neurons for n in (2, 3, 4)]
            assert built == rows[name], name
            for sense in senses:
                certified = [
                    lower_bound(product(n), activation, convention=allowed, sense=sense).neurons
                    for n in (2, 3, 4)
                ]
                assert certified == built, name
    cited = re.search(r"any activation: uniform, \[cited\].*\| ([ \d,]+) \|", README)
    assert cited is not None
    for text, flag in ((cited[1], True), (rows["any activation: uniform, computed here"], False)):
        universal = [
            lower_bound(product(n), "tanh", sense="uniform", cited=flag).neurons for n in (2, 3, 4)
        ]
        assert universal == (list(map(int, text.split(","))) if isinstance(text, str) else text)
    tree = re.search(r"takes 4\(n - 1\) neurons: ([\d, ]+), or half", README)
    assert tree is not None
    built = [product_tree(n, "exp").neurons for n in (2, 3, 4)]
    assert built == list(map(int, tree[1].split(",")))
    halved = [product_tree(n, "silu", halved=True).neurons for n in (2, 3, 4)]
    assert [2 * neurons for neurons in halved] == built


def test_lazy_names_equal_the_imports():
    """The public names are those imported for type checkers, and each one loads."""
    source = (ROOT / "noflat" / "__init__.py").read_text()
    imported = re.findall(r"from noflat\.(\w+) import (\w+) as \2", source)
    assert {name: module for module, name in imported} == noflat._MODULES
    for name in noflat._MODULES:
        assert getattr(noflat, name) is not None
    assert len(noflat._MODULES) <= 32


def test_claims_are_counted_from_the_records():
    found = re.findall(r"^\| (?:\[(\w+)\]\S+|(\w+)) \| [^|]+ \| (\d+) of (\d+) \|$", README, re.M)
    said = {first or second: (int(passed), int(total)) for first, second, passed, total in found}
    with (ROOT / "experiments" / "verdicts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    counted = {
        name: (sum(r["verdict"] == "pass" for r in rows if r["experiment"] == name), len(rows_of))
        for name in dict.fromkeys(row["experiment"] for row in rows)
        if (rows_of := [row for row in rows if row["experiment"] == name])
    }
    assert said == counted
    assert set(said) == set(experiments())


def test_short_enough():
    assert len(README.splitlines()) <= 120


def test_links_exist():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://arxiv.org/") or (ROOT / target).exists(), target
