# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   language_info:
#     name: python
# ---

# %% [markdown]
# # From x·y to the wall
#
# How many neurons does it take to multiply? One hidden layer multiplies two numbers with four
# neurons. For $n$ numbers it needs $2^n$, and a deep network about $4n$. This notebook builds
# these networks, checks a proof that fewer neurons cannot do it, and then trains networks of every
# width around that number, to see where training hits the wall.
#
# Nothing here is taken on trust: where the text names a number, the cell beside it computes it or
# asserts it. All cells together take about two minutes on two cores. A runtime with a CPU is
# enough.

# %%
import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path

assert sys.version_info >= (3, 12), f"noflat needs Python 3.12 or newer; this is {sys.version}"

if importlib.util.find_spec("noflat") is None:
    # a wheel that lies beside this notebook, or else the released one
    source = max(map(str, Path().absolute().glob("noflat-*.whl")), default="noflat")
    # %pip install --quiet "{source}[figures]"

for name in {"jax", "matplotlib", "numpy"} & set(sys.modules):
    if sys.modules[name].__version__ != importlib.metadata.version(name):
        raise RuntimeError(f"{name} was loaded before its upgrade: restart the session, run again")

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # these networks are too small for anything else

import dataclasses
import platform

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import noflat
from noflat import (
    Convention,
    apply,
    count_neurons,
    flat_product,
    grouped_product,
    lower_bound,
    minimal_width,
    multiplication_gate,
    product,
    product_tree,
    verify,
)
from noflat.certificates import CertificateError
from noflat.measure import relative_rms_error, sample, sup_error

jax.config.update("jax_enable_x64", True)  # 64-bit floats: the wall drowns in rounding else

print(f"Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores")
print(f"noflat {noflat.__version__}, jax {jax.__version__} on {jax.devices()[0].platform}")

# %% [markdown]
# Two settings of the training below. More restarts and more numbers of inputs take longer.

# %% tags=["parameters"]
INPUTS = (2, 3, 4)
RESTARTS = 16

# %% [markdown]
# ## Four neurons multiply
#
# Any smooth activation $\sigma$ that bends at some $b$ multiplies. The even part of $\sigma$ around
# $b$ is a square, and a difference of two squares is a product:
#
# $$\frac{\sigma(b+\lambda(x+y)) + \sigma(b-\lambda(x+y)) - \sigma(b+\lambda(x-y)) -
# \sigma(b-\lambda(x-y))}{4\,\sigma''(b)\,\lambda^2} \;\approx\; xy .$$
#
# Each $\sigma$ is a neuron, so there are four.

# %%
gate = multiplication_gate("softplus", bias=0.0, scale=0.01)
print(gate.layers[0].weight)
print("0.5 times 0.8 is", apply(gate, jnp.array([0.5, 0.8]))[0])

assert count_neurons(gate) == 4

# %% [markdown]
# ## The error falls as the square of the scale
#
# The next term of the Taylor series is $xy\,(x^2+y^2)\,\lambda^2\,\sigma''''(b)/(6\,\sigma''(b))$,
# and on the square $[-1,1]^2$ it is largest at a corner. Halve $\lambda$, and the error falls four
# times: the gate comes as close as one likes. On a computer it does not, since the four values
# nearly cancel: rounding adds about $u/\lambda^2$, with $u$ the precision of the floats.

# %%
second = jax.grad(jax.grad(jax.nn.softplus))
curvature, fourth = second(0.0), jax.grad(jax.grad(second))(0.0)
side = np.linspace(-1, 1, 21)
grid = jnp.asarray(np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2))
scales = 2.0 ** -np.arange(0, 24)


def gate_error(scale, dtype):
    gate = multiplication_gate("softplus", bias=0.0, scale=float(scale), dtype=dtype)
    return float(sup_error(gate, product(2), grid.astype(dtype)))


errors = {dtype: [gate_error(s, dtype) for s in scales] for dtype in ("float32", "float64")}
predicted = 2 * abs(fourth) / (6 * curvature) * scales**2

figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for dtype, found in errors.items():
    axis.loglog(scales, found, "o-", markersize=4, label=dtype)
axis.loglog(scales, predicted, "k:", label=r"$2|\sigma''''|\lambda^2\,/\,6\sigma''$")
axis.set(xlabel=r"scale $\lambda$", ylabel="largest error on the grid", ylim=(1e-11, 10))
axis.legend()
plt.show()

halved = [errors["float64"][k] / errors["float64"][k + 1] for k in range(3, 8)]
print("halving the scale divides the error by", np.round(halved, 2))
for dtype, found in errors.items():
    print(f"least error in {dtype}: {min(found):.0e}, at the scale {scales[np.argmin(found)]:.0e}")

assert np.allclose(halved, 4, rtol=0.02)
assert np.allclose(errors["float64"][3:8], predicted[3:8], rtol=0.02)
assert 1e-9 < min(errors["float64"]) < 1e-6 < min(errors["float32"]) < 1e-2

# %% [markdown]
# ## One hidden layer, more inputs
#
# The same works for $n$ inputs: put a neuron at each corner of a cube, with the signs of the
# corner as weights, and all terms but the product cancel. That takes $2^n$ neurons. A *tree* of
# gates multiplies two numbers at a time instead. It has $n-1$ gates, so $4(n-1)$ neurons, in more
# layers.

# %%
print(" n   flat   error   tree   error")
for n in (2, 3, 4):
    flat, tree = flat_product(n, "exp"), product_tree(n, "exp")
    points = jnp.asarray(sample("cube", n, 2048, seed=0))
    off = [float(relative_rms_error(network, product(n), points)) for network in (flat, tree)]
    neurons = count_neurons(flat), count_neurons(tree)
    print(f"{n:2}{neurons[0]:7}{off[0]:8.0e}{neurons[1]:7}{off[1]:8.0e}")

    assert neurons == (2**n, 4 * (n - 1))
    assert max(off) < 1e-4

# %% [markdown]
# ## Fewer neurons cannot do it
#
# That is what a network *can* do. For what it cannot, `lower_bound` gives a certificate: a number,
# the theorem it rests on, and the data that proves it. Here it says that a hidden layer of
# exponentials without biases needs eight neurons for three inputs, as many as were built.

# %%
certificate = lower_bound(product(3), "exp")
print(certificate.neurons, "neurons at least, by the theorem:", certificate.theorem)
print("witness:", certificate.witness)

assert certificate.neurons == flat_product(3, "exp").neurons == 8

# %% [markdown]
# `verify` checks it and shares no code with what made it. It uses exact integers and the standard
# library only. Saved as a file, the certificate can be checked by anyone: `noflat verify
# product_3.json`.

# %%
certificate.save("product_3.json")
print(verify("product_3.json").statement)

# %% [markdown]
# A certificate that claims one neuron more is refused, and so is one with a wrong witness.

# %%
signs = certificate.witness["signs"]
forgeries = {
    "one neuron more": {"neurons": certificate.neurons + 1},
    "a sign turned": {"witness": certificate.witness | {"signs": signs | {"2": -signs["2"]}}},
}
refused = {}
for name, change in forgeries.items():
    try:
        verify(dataclasses.replace(certificate, **change))
    except CertificateError as reason:
        refused[name] = str(reason)
        print(f"{name}: refused. {reason}")

assert set(refused) == set(forgeries)

# %% [markdown]
# ## What a network may use changes the number
#
# Say which network is meant before you say how many neurons. A bias of the output saves one neuron.
# A linear skip from the inputs to the output, with its constant, saves two. In each case the
# certificate meets the construction, so the number is exact.

# %%
conventions = {
    "no biases": (Convention(), lambda n: 2**n),
    "output bias": (Convention(output_bias=True), lambda n: 2**n - 1),
    "affine skip": (Convention(affine_skip=True), lambda n: 2**n - 2),
}
for name, (convention, formula) in conventions.items():
    built = [flat_product(n, "exp", convention=convention).neurons for n in (2, 3, 4)]
    proved = [lower_bound(product(n), "exp", convention=convention).neurons for n in (2, 3, 4)]
    print(f"{name}: built with {built}, at least {proved}")

    assert built == proved == [formula(n) for n in (2, 3, 4)]

# %% [markdown]
# ## The wall
#
# Does training feel this? `minimal_width` trains networks of one hidden layer with different
# numbers of neurons, several from random weights at each width, and takes the best of them. The
# dotted line is the number that the certificate gives. With one neuron fewer even the best
# restart is far off. With that number the error falls by a factor of more than a hundred.
#
# A certificate in this sense is about the limit of small errors. So it *predicts* where training
# fails at a given error, and the experiment is a test of that prediction, not of the theorem.

# %%
measured = {}
for n in INPUTS:
    wall = lower_bound(product(n), "exp").neurons
    measured[n] = minimal_width(
        product(n),
        "exp",
        widths=sorted({wall // 2, wall - 2, wall - 1, wall, wall + 1}),
        restarts=RESTARTS,
        steps=400,
        tolerance=0.02,
        key=jax.random.key(0),
    )
    found = measured[n]
    print(
        f"n = {n}: certified {wall}, training succeeds from {found.width} on; "
        f"best error {found.error_below:.2f} below and {found.error_at:.0e} there"
    )

    assert found.width == wall
    assert found.error_below > 100 * found.error_at

# %%
figure, axes = plt.subplots(
    1, len(INPUTS), figsize=(3 * len(INPUTS), 3.2), sharey=True, squeeze=False, layout="constrained"
)
for axis, (n, found) in zip(axes[0], measured.items(), strict=True):
    widths = [row.width for row in found.rows]
    axis.semilogy(widths, [row.best_error for row in found.rows], "o-", label="best")
    axis.semilogy(widths, [row.median_error for row in found.rows], "s--", label="median")
    axis.axvline(2**n, color="black", linestyle=":", label="certified $2^n$")
    axis.set(title=f"{n} inputs", xlabel="neurons in one hidden layer", xticks=widths)
axes[0][0].set_ylabel("relative rms error")
axes[0][0].legend()
plt.show()

# %% [markdown]
# Training stops at a hundredth of the tolerance, so the points right of the line tell success, not
# how small the error could become.
#
# ## Deep against flat
#
# With more inputs the two ways part. One hidden layer needs $2^n$ neurons, and a tree takes
# $4(n-1)$. Two hidden layers are almost as good as the tree here: the inputs are split into groups,
# each group is multiplied flat, and the results are multiplied flat again.

# %%
several = [2, 4, 6, 8, 10]
flat = [flat_product(n, "exp").neurons for n in several]
two_layers = [grouped_product(n, 2, "exp").neurons for n in several if n > 2]
tree = [product_tree(n, "exp").neurons for n in several]

figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.semilogy(several, flat, "o-", label="one hidden layer (no fewer: certified)")
axis.semilogy(several[1:], two_layers, "s-", label="two hidden layers (built)")
axis.semilogy(several, tree, "^-", label="tree of gates (built)")
axis.set(xlabel="inputs $n$", ylabel="neurons", xticks=several)
axis.legend()
plt.show()

print(f"ten inputs: {flat[-1]} in one layer, {two_layers[-1]} in two, {tree[-1]} in the tree")

assert flat == [lower_bound(product(n), "exp").neurons for n in several]
assert tree == [4 * (n - 1) for n in several]
assert max(np.divide(two_layers, tree[1:])) < 1.2 < flat[-1] / tree[-1]

# %% [markdown]
# ## What this does not show
#
# - The lower bounds are for one hidden layer. For more layers little is known from below: the
#   numbers for two layers and for the tree are what was built.
# - Other activations and conventions have other numbers. `gelu` with hidden biases needs half as
#   many neurons as `exp` without.
# - Networks were trained here by a method of second order, to see what they can do. Adam is far
#   less sure to find such a network.

# %%
for n in (2, 3, 4):
    with_gelu = lower_bound(product(n), "gelu", convention=Convention(hidden_bias=True)).neurons
    print(f"n = {n}: gelu needs {with_gelu}, exp needs {lower_bound(product(n), 'exp').neurons}")

    assert 2 * with_gelu == lower_bound(product(n), "exp").neurons

# %% [markdown]
# ## Where to read on
#
# - `docs/theory.md`: the theorems with their proofs, and the tests that check each.
# - `docs/training.md`: how fast training works, and how often Adam succeeds.
# - `noflat bounds "x*y*z + 2*w**3"` prints bounds for any polynomial.
# - `noflat list` shows the experiments: circuits, hierarchies, locality and more.
