"""README: its example runs as printed, its numbers are what the library says."""

import doctest
import re
from pathlib import Path

import jax

import noflat
from noflat import Convention, flat_product, lower_bound, product, product_tree

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_example_runs_as_printed():
    example = "\n".join(re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL))
    test = doctest.DocTestParser().get_doctest(example, {}, "README.md", "README.md", 0)
    with jax.enable_x64(True):
        result = doctest.DocTestRunner().run(test)
    assert result.attempted > 10
    assert result.failed == 0


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
        "exp, no biases": ("exp", Convention()),
        "exp, output bias": ("exp", Convention(output_bias=True)),
        "exp, affine skip": ("exp", Convention(affine_skip=True)),
        "most activations, hidden biases": ("gelu", biases),
        "tanh, hidden biases": ("tanh", biases),
    }
    for name, (activation, allowed) in conventions.items():
        certified = [
            lower_bound(product(n), activation, convention=allowed).neurons for n in (2, 3, 4)
        ]
        built = [flat_product(n, activation, convention=allowed).neurons for n in (2, 3, 4)]
        assert certified == built == rows[name], name
    universal = [
        lower_bound(product(n), "relu", sense="uniform", cited=True).neurons for n in (2, 3, 4)
    ]
    assert universal == rows["any activation at all, uniformly"]
    assert [product_tree(n, "exp").neurons for n in (2, 3, 4)] == rows["deep tree"]


def test_lazy_names_equal_the_imports():
    """The public names are those imported for type checkers, and each one loads."""
    source = (ROOT / "noflat" / "__init__.py").read_text()
    imported = re.findall(r"from noflat\.(\w+) import (\w+) as \2", source)
    assert {name: module for module, name in imported} == noflat._MODULES
    for name in noflat._MODULES:
        assert getattr(noflat, name) is not None
    assert len(noflat._MODULES) <= 20


def test_short_enough():
    assert len(README.splitlines()) <= 120


def test_links_exist():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://arxiv.org/") or (ROOT / target).exists(), target
