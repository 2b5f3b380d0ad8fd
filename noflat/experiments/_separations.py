"""The rows of `separations`: one network each, with what is predicted and what was found.

Every function takes what is to be built and returns the rows of one table; the claims are made of
these columns alone.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product as words
from typing import Any

from noflat.experiments.records import Row

_TERMS = 10
"""The most bits of which all terms are built."""
_EXACT = 2**16
"""Neurons times pieces up to which a network is followed in rational arithmetic."""


def sawtooth_rows(doublings: int) -> Iterator[Row]:
    """The sawtooth of $2^k$ pieces in every number of equal layers, with skips and without."""
    from noflat.certificates.pieces import fewest_neurons
    from noflat.constructions import sawtooth
    from noflat.measure import affine_pieces

    for k in range(1, doublings + 1):
        target = tuple(Fraction(i, 2**k) for i in range(2**k + 1))
        for layers in (layers for layers in range(1, k + 1) if k % layers == 0):
            for skips in (False, True):
                network = sawtooth((2 ** (k // layers),) * layers, skips=skips)
                if network.neurons * 2**k > _EXACT:
                    continue
                found = affine_pieces(network)
                same = found.knots == target and all(
                    value == i % 2 for i, value in enumerate(found.values)
                )
                yield {
                    "doublings": k,
                    "teeth": 2 ** (k - 1),
                    "hidden_layers": layers,
                    "skips": int(skips),
                    "neurons": network.neurons,
                    "certified": fewest_neurons(2**k, layers),
                    "pieces": found.count,
                    "exact": int(same),
                    "largest_weight": largest_weight(network),
                }


def classifier_rows(points: int) -> Iterator[Row]:
    """Alternating labels and a flat network of m neurons: bound, best possible, and built."""
    import numpy as np

    from noflat.certificates.pieces import fewest_wrong
    from noflat.constructions import alternating_classifier
    from noflat.measure import fewest_mistakes, outputs

    labels = np.arange(points) % 2
    best = fewest_mistakes(labels.tolist())
    places = np.arange(points)[:, None] / points
    for neurons in range(1, points - 1):
        found = outputs(alternating_classifier(points, neurons), places)[:, 0]
        yield {
            "points": points,
            "neurons": neurons,
            "bound": fewest_wrong(points, neurons + 1),
            "best": best[neurons + 1],
            "built": int(np.sum((found >= 0.5) != labels)),
        }


def trained_rows(
    points: int, neurons: Sequence[int], layers: int, restarts: int, steps: int, seed: int
) -> list[Row]:
    """The same labels, by Adam: the best and the middle of the restarts for each size."""
    import jax.numpy as jnp
    import numpy as np

    from noflat.arguments import named_key, numbered_keys
    from noflat.certificates.pieces import fewest_wrong, most_pieces
    from noflat.training import ensemble

    places = (2 * jnp.arange(points) / points - 1)[:, None]
    labels = (jnp.arange(points) % 2).astype(places.dtype)
    widths = [count // layers for count in neurons if count % layers == 0]
    one = _member(places, labels, layers, max(widths), steps)
    keys = numbered_keys(named_key(seed, layers), range(restarts * len(widths)))
    shares = ensemble(one)(keys, jnp.repeat(jnp.array(widths), restarts))
    rows = []
    for width, found in zip(widths, np.asarray(shares).reshape(-1, restarts), strict=True):
        most = most_pieces(layers * width, layers)
        rows.append(
            {
                "points": points,
                "hidden_layers": layers,
                "neurons": layers * width,
                "bound": fewest_wrong(points, most),
                "best": round(points * float(found.min())),
                "median": points * float(np.median(found)),
                "restarts": restarts,
            }
        )
    return rows


def _member(places: Any, labels: Any, layers: int, width: int, steps: int) -> Any:
    """From a key and a width to the share of labels that the trained network gets wrong."""
    import jax
    import jax.numpy as jnp
    import optax

    from noflat.networks import Layer, Network, init
    from noflat.training import fit_first_order

    decay = optax.cosine_decay_schedule(0.01, steps)

    def one(key: Any, active: Any) -> Any:
        drawn, kinks = jax.random.split(key)
        real = (active,) * layers
        start = init((1, *(width,) * layers, 1), "relu", active=real, key=drawn)
        first, *others = start.layers
        # kinks all over the interval: with zero biases all of them would be in its middle
        place = jax.random.uniform(kinks, (width,), places.dtype, -1, 1)
        first = Layer(first.weight, -first.weight[0] * place)
        fit = fit_first_order(
            Network((first, *others), start.activation),
            places,
            labels,
            optimizer=optax.adam(lambda count: jnp.asarray(decay(count), places.dtype)),
            steps=steps,
            every=steps,
            active=real,
        )
        outputs = jax.vmap(fit.network)(places)[:, 0]
        return jnp.mean((outputs >= 0.5) != (labels > 0.5))

    return one


def square_rows(halvings: int, flat: int) -> Iterator[Row]:
    """The square with m folds of two, and in one, two and three equal layers."""
    from noflat.certificates.pieces import least_square_error
    from noflat.constructions import folded_square
    from noflat.measure import affine_pieces, square_sup_error

    shapes = [(2,) * m for m in range(1, halvings + 1)]
    shapes += [
        (2**m,) * layers
        for layers in (1, 2, 3)
        for m in range(2, halvings)
        if m * layers <= flat + layers - 1
    ]
    for folds in shapes:
        for skips in (True, False):
            plain = folded_square(folds, skips=skips)
            centered = folded_square(folds, skips=skips, centered=True)
            pieces = folds[0] ** len(folds)
            error = square_sup_error(affine_pieces(plain))
            half = square_sup_error(affine_pieces(centered))
            yield {
                "fold": folds[0],
                "hidden_layers": len(folds),
                "skips": int(skips),
                "neurons": plain.neurons,
                "pieces": pieces,
                "sup_error": float(error),
                "of_predicted": float(error * 4 * pieces**2),
                "centered_error": float(half),
                "of_least": float(half / least_square_error(pieces)),
                "largest_weight": largest_weight(plain),
            }


def product_rows(bounds: Sequence[float], halvings: Sequence[int]) -> Iterator[Row]:
    """The product of two numbers, on a grid that has the points of the largest error."""
    import numpy as np

    from noflat.constructions import folded_product
    from noflat.measure import outputs

    for bound in bounds:
        for m in halvings:
            grid = bound * np.arange(-(2 ** (m + 1)), 2 ** (m + 1) + 1) / 2 ** (m + 1)
            first, second = np.meshgrid(grid, grid)
            points = np.stack([first.ravel(), second.ravel()], axis=1)
            for skips in (True, False):
                network = folded_product((2,) * m, bound=bound, skips=skips)
                found = outputs(network, points)[:, 0]
                error = float(np.abs(found - points.prod(axis=1)).max())
                predicted = bound**2 / 4 ** (m + 1)
                yield {
                    "bound": bound,
                    "halvings": m,
                    "hidden_layers": network.hidden_layers,
                    "skips": int(skips),
                    "neurons": network.neurons,
                    "sup_error": error,
                    "of_predicted": error / predicted,
                }


def parity_rows(bits: Sequence[int], words_up_to: int) -> Iterator[Row]:
    """Parity of n bits in every depth, and as a tree, as terms, and by one cosine."""
    from noflat.certificates.pieces import cited_parity_gates, fewest_parity_gates
    from noflat.constructions import (
        cosine_parity,
        flat_parity,
        folded_parity,
        parity_of_terms,
        parity_tree,
    )
    from noflat.measure import wrong_parities, wrong_parities_of_sums

    for n in bits:
        deepest = ((n + 2) // 2 - 1).bit_length()
        built = [("folded", True, folded_parity(n, k)) for k in range(1, deepest + 1)]
        built += [("flat", False, flat_parity(n)), ("cosine", False, cosine_parity(n))]
        if n <= words_up_to:
            built += [("tree", skips, parity_tree(n, skips=skips)) for skips in (False, True)]
            built += (
                [("terms", False, parity_of_terms(n))] if n <= min(words_up_to - 2, _TERMS) else []
            )
        for kind, skips, network in built:
            every = n <= words_up_to
            check = wrong_parities if every else wrong_parities_of_sums
            layers, folded = network.hidden_layers, kind == "folded"
            yield {
                "n": n,
                "kind": kind,
                "hidden_layers": layers,
                "skips": int(skips),
                "neurons": network.neurons,
                "certified": fewest_parity_gates(n, layers) if folded else None,
                "cited": cited_parity_gates(n, layers + 1) if folded else None,
                "checked": 2**n if every else n + 1,
                "wrong": check(network),
            }


def term_rows(most: int) -> list[Row]:
    """The prime implicants of parity, counted among all $3^n$ terms."""
    return [{"n": n, **_terms(n)} for n in range(1, most + 1)]


def _terms(n: int) -> Row:
    """A term is a word over 0, 1 and free; it implies parity if all words it covers are odd."""

    def implies(term: tuple) -> bool:
        return all(
            sum(word) % 2 for word in words(*[(0, 1) if bit == 2 else (bit,) for bit in term])
        )

    implicants = {term for term in words((0, 1, 2), repeat=n) if implies(term)}
    prime = [
        term
        for term in implicants
        if not any((*term[:i], 2, *term[i + 1 :]) in implicants for i in range(n) if term[i] != 2)
    ]
    return {"terms": 3**n, "prime": len(prime), "literals": sum(bit != 2 for bit in prime[0])}


def largest_weight(network: Any) -> float:
    """The largest absolute value of a weight."""
    return max(float(abs(layer.weights).max()) for layer in network.layers)
