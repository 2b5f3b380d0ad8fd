"""Classes with local Hamiltonians: their Bayes classifier written down as a network, and its cost.

Where p(x|y) is exp(-H_y(x)) and H_y a polynomial of low order that couples neighbors only, the
posterior is the softmax of -H_y - mu_y. Each H_y is compiled into a network, mu_y is a bias, and
the class probabilities are compared with the exact ones. Neurons are counted against n, for a
generic polynomial, a local one, and one that is the same everywhere, which is a convolution. On
bits each product takes one neuron; on signs the product of all takes one cosine.
"""

from dataclasses import dataclass
from functools import partial

from noflat.experiments._flags import Tables
from noflat.experiments._hamiltonian_claims import claims
from noflat.experiments._main import Experiment, Progressed, in_parts, silent


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        orders: The orders of the Hamiltonians on the cube, of 2, 3 and 4.
        n: The numbers of variables of the rings that are classified.
        points: Fresh points per repeat.
        repeats: Independent sets of points, from which the intervals come.
        scale_n: The number of variables of the sweep over scales.
        scales: The scales of the sweep, at most 1/8.
        count_n: The numbers of variables for which neurons are counted, each twice the one before.
        values: The values of a variable of a generic table.
        bits: The numbers of bits of single products.
        sharpness: Those of the neurons on bits, at most 40.
        digits: The decimal digits asked for.
        function_n: The most bits of whole functions.
        bit_n: The bits of the classified rings.
        parity_n: The numbers of signs that one cosine multiplies.
        seed: Of all random numbers.
    """

    orders: tuple[int, ...] = (2, 3, 4)
    n: tuple[int, ...] = (4, 8, 16)
    points: int = 512
    repeats: int = 16
    scale_n: int = 8
    scales: tuple[float, ...] = tuple(2.0**-k for k in range(3, 12))
    count_n: tuple[int, ...] = (4, 8, 16, 32, 64)
    values: int = 256
    bits: tuple[int, ...] = (1, 2, 4, 8)
    sharpness: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 24.0, 32.0, 40.0)
    digits: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    function_n: int = 8
    bit_n: int = 10
    parity_n: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 12, 16)
    seed: int = 0


PRESETS = {
    "smoke": Settings(
        orders=(2, 3),
        n=(3,),
        points=128,
        repeats=8,
        scale_n=3,
        scales=(2.0**-4, 2.0**-6),
        count_n=(4, 8, 16),
        bits=(1, 3),
        sharpness=(4.0, 16.0),
        digits=(2, 4, 6),
        function_n=3,
        bit_n=6,
        parity_n=(2, 3, 8),
    ),
    "default": Settings(),
    "paper": Settings(
        n=(4, 8, 16, 32), points=4096, repeats=64, count_n=(4, 8, 16, 32, 64, 128), function_n=12
    ),
}


def run(settings: Settings, progress: Progressed = silent) -> Tables:
    """Runs the experiment.

    Args:
        settings: What is run.
        progress: Called after every table with the numbers done and in all.

    Returns:
        On the cube: `posterior`, softmax against Bayes' rule by quadrature; `classifier`, the
        distance of every network's class probabilities from the exact ones; `repeats`, right
        answers; `scales`, the distance against the scale with the proved bound; `counts`, neurons
        and weights; `convolution`, the same network three times. On bits: `gates`, `digits`,
        `functions`, `bit_classifier`. On signs: `parity`.
    """
    from noflat.experiments import _bits, _hamiltonians

    pairs = list(_hamiltonians.classifier_rows(settings))
    tables = {
        "classifier": [row for rows, _ in pairs for row in rows],
        "repeats": [row for _, rows in pairs for row in rows],
    }
    parts = {
        "posterior": _hamiltonians.posterior_rows,
        "scales": _hamiltonians.scale_rows,
        "counts": _hamiltonians.count_rows,
        "convolution": _hamiltonians.convolution_rows,
        "gates": _bits.gate_rows,
        "digits": _bits.digit_rows,
        "functions": _bits.function_rows,
        "bit_classifier": _bits.classifier_rows,
        "parity": _bits.parity_rows,
    }
    progress(1, len(parts) + 1)
    of_rest = {name: partial(rows, settings) for name, rows in parts.items()}
    return tables | in_parts(of_rest, lambda done, _: progress(done + 1, len(parts) + 1))


def _check(settings: Settings) -> None:
    """Says at once all that cannot be run."""
    wrong = {
        "`orders` must be some of 2, 3 and 4": set(settings.orders) - {2, 3, 4},
        "`n`, `scale_n` and `count_n` must be at least 2": [
            n for n in (*settings.n, settings.scale_n, *settings.count_n) if n < 2
        ],
        "`scales` must be at most 1/8": [scale for scale in settings.scales if scale > 1 / 8],
        "`sharpness` must be at most 40": [beta for beta in settings.sharpness if beta > 40],
        "`digits` must be two or more, of at most 15": settings.digits
        if len(settings.digits) < 2 or max(settings.digits) > 15
        else [],
        "`repeats` must be at least 2": [1] if settings.repeats < 2 else [],
        "`bit_n` must be at least 3": [settings.bit_n] if settings.bit_n < 3 else [],
    }
    told = [f"{rule}; got {sorted(found)}" for rule, found in wrong.items() if found]
    if told:
        raise ValueError(". ".join(told))


EXPERIMENT = Experiment("hamiltonian", str(__doc__), PRESETS, run, claims, _check)
main = EXPERIMENT.main

if __name__ == "__main__":
    main()
