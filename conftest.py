"""JAX at its strictest, before any test or example imports the library."""

import os
from collections.abc import Iterator
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hypothesis
import jax
import jax.numpy as jnp
import jaxtyping
import matplotlib
import numpy as np
import optax
import pytest

# Tests compile thousands of small programs that run for milliseconds; optimizing less takes a
# quarter off the processor time of the suite.
_FLAGS = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FLAGS}"

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

matplotlib.use("Agg")


def _modules_with_arrays() -> Iterator[str]:
    """The modules that say shapes in their signatures, found without importing any."""
    package = Path(find_spec("noflat").origin).parent  # pyright: ignore
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        if "from jaxtyping import" in path.read_text(encoding="utf-8"):
            if not name.startswith(_NUMBER_BY_NUMBER):
                yield name


_NUMBER_BY_NUMBER = (
    "noflat.activations",
    "noflat.certificates",
    "noflat.constructions.operands",
    "noflat.constructions.precision",
    "noflat.targets.polynomials",
)
"""Called with a number at a time, a million times in the suite: a check takes longer than each."""

# Shapes and types of their arguments are checked in tests.
jaxtyping.install_import_hook(
    [*_modules_with_arrays()],
    "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))",
)

# No deadline, since the first example compiles; derandomized, so that a failure comes back.
hypothesis.settings.register_profile("noflat", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("noflat")

# Their public names need no import in an example; of equal names the later one counts.
EXAMPLES = (
    "noflat.arguments",
    "noflat.targets.markov",
    "noflat.targets.broadcast",
    "noflat.targets.hierarchy",
    "noflat.targets.boolean",
    "noflat.targets.parities",
    "noflat.targets.staircases",
    "noflat.networks.transformers",
    "noflat.training.chains",
    "noflat.training.shapes",
    "noflat.training.transformers",
    "noflat.training.wide",
    "noflat.measure.chains",
    "noflat.measure.bias_kernels",
    "noflat.measure.bias_spectra",
    "noflat.measure.bias_flips",
    "noflat.targets.fields",
    "noflat.targets.tree_functions",
    "noflat.constructions.grid_interpolants",
    "noflat.constructions.triangulations",
    "noflat.constructions.posteriors",
    "noflat.constructions.hierarchy",
    "noflat.activations",
    "noflat.conventions",
    "noflat.targets",
    "noflat.networks",
    "noflat.constructions",
    "noflat.constructions.blocks",
    "noflat.constructions.operands",
    "noflat.constructions.precision",
    "noflat.constructions.floors",
    "noflat.certificates",
    "noflat.certificates.kernels",
    "noflat.certificates.pieces",
    "noflat.certificates.matricizations",
    "noflat.certificates.circuits",
    "noflat.certificates.sparse_activations",
    "noflat.training",
    "noflat.measure",
    "noflat.doctor",
    "noflat.sweeps",
    "noflat",
)


@pytest.fixture(scope="session", autouse=True)
def _names_of_examples(doctest_namespace: dict[str, Any]) -> None:
    """Lets the examples in the docstrings use the library without importing it each time."""
    for name in EXAMPLES:
        module = import_module(name)
        public = [key for key in dir(module) if key[0] != "_"]
        doctest_namespace.update({key: getattr(module, key) for key in public})
    doctest_namespace.update(
        {"jax": jax, "jnp": jnp, "np": np, "optax": optax, "Fraction": Fraction},
        as_activation=doctest_namespace["activation"],
    )


@pytest.fixture(autouse=True)
def _examples_write_elsewhere(request: pytest.FixtureRequest) -> None:
    """Runs each docstring's examples in a folder of its own, where they may write files."""
    if isinstance(request.node, pytest.DoctestItem):
        folder = request.getfixturevalue("tmp_path")
        request.getfixturevalue("monkeypatch").chdir(folder)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Turns the run-time check of types off, as it is for users: errors are then the library's."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)
