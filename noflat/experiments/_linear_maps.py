"""The deep linear networks whose synapses are counted, each with its target and its formula."""

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from noflat.experiments.records import Row

_POINTS = 4
_EVALUATED = 2**21
"""Flat networks of more synapses are counted and not run."""


class Case(NamedTuple):
    """A deep network to be counted.

    Attributes:
        family: What it is.
        n: The number of inputs; of rows of the matrices for `strassen`; of places along each axis
            for convolutions.
        parameter: What the family depends on besides: the rank, the kernel size, the communities.
        network: The deep network.
        deep: Its synapses by the formula.
        flat: Those of the flat network by the formula.
        target: From one point to what the network should return, by another way.
    """

    family: str
    n: int
    parameter: int | None
    network: Any
    deep: int
    flat: int
    target: Callable[[np.ndarray], np.ndarray]


def counted(case: Case, key: Any) -> Row:
    """Counts a network and its flat one, and compares both with the target."""
    from noflat.arguments import generator
    from noflat.networks import count_flat_synapses, flatten

    network = case.network
    complex_ = np.issubdtype(network.layers[0].weights.dtype, np.complexfloating)
    # the entries of the Fourier matrix have size 1, all other matrices are integer
    flat = count_flat_synapses(network, tolerance=0.5 if complex_ else 0.0)
    kind = network.layers[0].weights.dtype
    points = generator(key).integers(-9, 10, (_POINTS, network.inputs)).astype(kind)
    wanted = np.stack([case.target(point) for point in points])
    runs = [network, flatten(network)] if flat <= _EVALUATED else [network]
    found = [_distance(_outputs(run, points), wanted) for run in runs]
    return {
        "family": case.family,
        "n": case.n,
        "parameter": case.parameter,
        "layers": len(network.layers),
        "deep": network.synapses,
        "flat": flat,
        "predicted_deep": case.deep,
        "predicted_flat": case.flat,
        "cost": flat / network.synapses,
        "difference": found[0],
        "flat_difference": found[1] if len(found) > 1 else None,
    }


@cache
def _compiled() -> Callable[[Any, np.ndarray], Any]:
    import jax

    # the network is an argument: networks of the same shape share one program
    return jax.jit(lambda network, points: jax.vmap(network)(points))


def _outputs(network: Any, points: np.ndarray) -> np.ndarray:
    # a flat network has integers of 64 bits
    return np.asarray(_compiled()(network, points.astype(network.layers[0].weights.dtype)))


def _distance(found: np.ndarray, wanted: np.ndarray) -> int | float:
    """The largest difference of integers; of others relative, in the Euclidean norm."""
    if np.issubdtype(found.dtype, np.integer):
        return int(np.abs(found.astype(np.int64) - wanted).max())
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def all_cases(settings: Any, key: Any) -> list[Callable[[], Iterator[Case]]]:
    """What is counted: for each family and size a function that yields its cases."""
    import jax

    makers: list[Callable[..., Iterator[Case]]] = []
    for n in settings.n:
        makers += [
            partial(_low_rank, n, settings.rank),
            partial(_walsh_hadamard, n),
            partial(_fourier, n),
        ]
        if n <= 1024:
            makers.append(partial(_block_models, n, settings.communities))
    makers += [partial(_strassen, size) for size in settings.strassen]
    makers += [partial(_strassen, size, levels=(1,)) for size in settings.around]
    makers.append(partial(_convolutions, settings.depth))
    return [partial(maker, key=jax.random.fold_in(key, i)) for i, maker in enumerate(makers)]


def _low_rank(n: int, rank: int, *, key: Any) -> Iterator[Case]:
    from noflat.constructions import low_rank
    from noflat.networks import layer_matrices

    network = low_rank(n, rank, key=key)
    left, right = (matrix.toarray() for matrix in layer_matrices(network))
    product = left @ right
    yield Case("low_rank", n, rank, network, 2 * n * rank, n**2, lambda x: x @ product)


def _walsh_hadamard(n: int, *, key: Any) -> Iterator[Case]:
    from noflat.constructions import walsh_hadamard

    def target(x: np.ndarray) -> np.ndarray:
        places = np.arange(n)
        odd = [np.bitwise_count(places & j) & 1 for j in range(n)]
        return np.array([x.sum() - 2 * x[row == 1].sum() for row in odd])

    deep = 2 * n * (n.bit_length() - 1)
    yield Case("walsh_hadamard", n, None, walsh_hadamard(n), deep, n**2, target)


def _fourier(n: int, *, key: Any) -> Iterator[Case]:
    from noflat.constructions import fourier

    deep = 2 * n * (n.bit_length() - 1)
    yield Case("fourier", n, None, fourier(n), deep, n**2, np.fft.fft)


def _block_models(n: int, counts: tuple[int, ...], *, key: Any) -> Iterator[Case]:
    import jax

    from noflat.constructions import factorized
    from noflat.targets import popularity_adjusted

    for count in counts:
        for zeros, family in ((0.0, "block_model"), (0.25, "block_model_zeros")):
            if n < 8 * count:
                continue
            inner = jax.random.fold_in(key, count)
            model = popularity_adjusted(n, count, zeros=zeros, key=inner)
            popular = np.array(
                [(model.popularity[model.communities == k] > 0).sum(axis=0) for k in range(count)]
            )
            deep = int(((popular + popular.T) * (popular * popular.T > 0)).sum())
            flat = int((popular * popular.T).sum())
            target = lambda x, matrix=model.numerators: x @ matrix
            yield Case(family, n, count, factorized(model), deep, flat, target)


def _strassen(size: int, levels: tuple[int, ...] = (), *, key: Any) -> Iterator[Case]:
    from noflat.arguments import generator
    from noflat.constructions import strassen, strassen_synapses

    # entries of twenty bits, so that no combination of them is likely to vanish
    fixed = generator(key).integers(1, 2**20, (size, size))
    halvings = (size & -size).bit_length() - 1
    for level in levels or range(halvings + 1):
        deep = strassen_synapses(size, level)
        target = lambda x: (fixed @ x.reshape(size, size)).ravel()
        network = strassen(fixed, level)
        yield Case("strassen", size, level, network, deep, size**3, target)


def _convolutions(depth: int, *, key: Any) -> Iterator[Case]:
    """Stacks of 1 to 3 dimensions, separable and dilated kernels."""
    from noflat.arguments import generator
    from noflat.constructions import convolution_stack

    draws = generator(key)

    def kernels(shape: tuple[int, ...], layers: int) -> list[np.ndarray]:
        # positive, so that nothing cancels
        return [draws.integers(1, 3, shape) for _ in range(layers)]

    def case(
        family: str, sizes: tuple[int, ...], stack: list[np.ndarray], places: int, **options: Any
    ) -> Case:
        network = convolution_stack(stack, sizes, **options)
        per_output = sum(kernel.size for kernel in stack)
        target = lambda x: _convolved(x.reshape(sizes), stack, **options).ravel()
        n, inputs, kernel = sizes[0], math.prod(sizes), max(stack[0].shape)
        return Case(family, n, kernel, network, inputs * per_output, inputs * places, target)

    for layers in (2**i for i in range(depth + 1)):
        wide = 2 * layers + 1
        stack = kernels((3,), layers)
        yield case("stack_1d", (64,), stack, wide)
        if layers <= 8:
            yield case("stack_2d", (20, 20), kernels((3, 3), layers), wide**2)
        if layers <= 4:
            yield case("stack_3d", (10, 10, 10), kernels((3, 3, 3), layers), wide**3)
    for size in (3, 5, 7):
        pair = [*kernels((size, 1), 1), *kernels((1, size), 1)]
        yield case("separable", (16, 16), pair, size**2)
    for layers in range(1, 2 * depth + 2):
        dilations = [2**layer for layer in range(layers)]
        stack = kernels((2,), layers)
        yield case("dilated", (2**layers,), stack, 2**layers, dilations=dilations)


def _convolved(
    x: np.ndarray, stack: list[np.ndarray], dilations: list[int] | None = None
) -> np.ndarray:
    """The same by shifts of the whole array."""
    axes = tuple(range(x.ndim))
    for kernel, dilation in zip(stack, dilations or [1] * len(stack), strict=True):
        moved = [
            kernel[move] * np.roll(x, [dilation * int(step) for step in move], axes)
            for move in zip(*np.nonzero(kernel), strict=True)
        ]
        x = np.sum(moved, axis=0)
    return x
