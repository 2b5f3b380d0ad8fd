"""The claims of the experiment `linear`, each from the rows of its tables alone."""

import math

import numpy as np

from noflat.experiments._claims import claim, none
from noflat.experiments.records import Row, where

_EXPONENT = 3 - math.log2(7)


def _largest(rows: list[Row], family: str, column: str = "n") -> Row:
    return max(where(rows, family=family), key=lambda row: row[column])


def costs(rows: list[Row]) -> list[Row]:
    """The flattening cost of each family at its largest size."""
    low, transform, fast = (
        _largest(rows, name) for name in ("low_rank", "walsh_hadamard", "fourier")
    )
    line, plane = (_largest(rows, name, "layers") for name in ("stack_1d", "stack_2d"))
    dilated = _largest(rows, "dilated")
    wide = {row["family"]: row["layers"] * (row["parameter"] - 1) + 1 for row in (line, plane)}

    def cost(row: Row) -> float:
        return row["flat"] / row["deep"]

    return [
        claim(
            f"cost of a map of rank {low['parameter']} on {low['n']} inputs",
            "n/(2k)",
            low["n"] / (2 * low["parameter"]),
            "=",
            cost(low),
        ),
        *(
            claim(
                f"cost of the {name} transform of {row['n']} inputs",
                "n/(2 log2 n)",
                row["n"] / (2 * math.log2(row["n"])),
                "=",
                cost(row),
            )
            for name, row in (("Walsh-Hadamard", transform), ("fast Fourier", fast))
        ),
        claim(
            f"cost of {line['layers']} convolutions in one dimension",
            "(L(s-1)+1)/(Ls)",
            wide["stack_1d"] / (line["layers"] * line["parameter"]),
            "=",
            cost(line),
            note="below 1: flattening saves synapses, as this deep network is not the best one",
        ),
        claim(
            f"cost of {plane['layers']} convolutions in two dimensions",
            "(L(s-1)+1)^2/(L s^2)",
            wide["stack_2d"] ** 2 / (plane["layers"] * plane["parameter"] ** 2),
            "=",
            cost(plane),
        ),
        claim(
            f"cost of {dilated['layers']} convolutions of two places, dilated by 1, 2, 4, ...",
            "2^L/(2L)",
            2 ** dilated["layers"] / (2 * dilated["layers"]),
            "=",
            cost(dilated),
        ),
    ]


def agreement(rows: list[Row]) -> list[Row]:
    """Every network is counted and run: what differs from its formula, and from its target."""
    whole = [row for row in rows if row["family"] != "fourier"]
    fast = where(rows, family="fourier")
    pairs = (("deep", "predicted_deep"), ("flat", "predicted_flat"))
    wrong = sum(any(row[a] != row[b] for a, b in pairs) for row in rows)
    # Higham (2002), section 24.1: each of two transforms errs by at most 7 u log2 n
    room = 14 * 2.0**-53
    errors = [row["difference"] / (room * math.log2(row["n"])) for row in fast]
    return [
        none(
            f"networks whose synapses are not those of the formula, of {len(rows)}, deep and flat",
            wrong,
        ),
        none(
            f"largest difference of {len(whole)} deep networks, their flat networks and targets",
            max(max(row["difference"], row["flat_difference"] or 0) for row in whole),
            note="in integers; the Fourier transform apart",
        ),
        claim(
            "error of the Fourier network against numpy.fft over its bound, at worst",
            "error/(14 u log2 n)",
            1,
            "<=",
            max(errors),
        ),
    ]


def sparse_pairs(rows: list[Row]) -> list[Row]:
    """Products of two sparse matrices, weights 1 and weights of either sign."""
    from noflat.measure.fits import ratio_interval

    n = max(row["n"] for row in rows)
    density = sorted({row["density"] for row in rows})[-1]
    found = []
    for weights, formula in (("ones", "(1-(1-p^2)^n)/(2p)"), ("signs", "(1-P(paths cancel))/(2p)")):
        chosen = where(rows, n=n, density=density, weights=weights)
        counts = np.array([[row["flat"], row["deep"]] for row in chosen], float)
        flat, deep = counts.sum(axis=0)
        found.append(
            claim(
                f"cost of two sparse matrices, n = {n}, p = {density}, weights "
                + ("1" if weights == "ones" else "1 and -1"),
                formula,
                _expected(n, density, weights == "signs"),
                "=",
                flat / deep,
                interval=ratio_interval(counts),
                note=f"{len(chosen)} products; bootstrap, 99 %",
            )
        )
    return found


def _expected(n: int, density: float, signs: bool) -> float:
    from noflat.constructions import sparse_pair_cost

    return sparse_pair_cost(n, density, signs=signs)


def strassen_claims(rows: list[Row], crossovers: list[Row]) -> list[Row]:
    """Where Strassen's recursion wins, as counted and by the formula."""
    one = [row for row in rows if row["family"] == "strassen" and row["parameter"] == 1]
    winning = [row["n"] for row in one if row["deep"] < row["flat"]]
    full = [row["n"] for row in crossovers if row["full"] < row["flat"]]
    near, far = (next(iter(where(crossovers, digits=digits)), None) for digits in (20, 40))
    slope = None
    if near and far:
        slope = math.log2(far["flat"] * near["best"] / (far["best"] * near["flat"])) / 20
    laptop = next(row for row in crossovers if row["digits"] == 12)
    # 9 7^m - 8 4^m < 8^m, as s(2^m, m) sums to that
    first = next(m for m in range(1, 64) if 9 * 7**m - 8 * 4**m < 8**m)
    return [
        claim(
            "smallest even size at which one level of Strassen saves synapses, as counted",
            "least even N > 48",
            min(N for N in range(2, 100, 2) if 6 * N**2 + 7 * N**3 // 8 < N**3),
            "=",
            min(winning, default=None),
            note="at 48 the two counts are equal",
        ),
        claim(
            "smallest power of two at which Strassen down to single entries saves synapses",
            "least 2^m with 9 7^m - 8 4^m < 8^m",
            2**first,
            "=",
            min(full, default=None),
            note="by the formula, which the networks up to the sizes built follow exactly",
        ),
        claim(
            "growth of the cost of Strassen with the best number of levels, n = 2^20 to 2^40",
            "3 - log2 7",
            _EXPONENT,
            "within 0.01",
            slope,
            note="by the formula; the exponent 0.627 is that of 3 - 2.373, of other algorithms",
        ),
        claim(
            f"cost of Strassen with the best number of levels at n = {laptop['n']}",
            "at most n^(3 - log2 7)",
            laptop["n"] ** _EXPONENT,
            "<=",
            laptop["flat"] / laptop["best"],
            note=f"n^0.627 would be {laptop['n'] ** 0.627:.0f}",
        ),
    ]


def block_models(rows: list[Row], blocks: list[Row]) -> list[Row]:
    """The block model: its cost, and what exact arithmetic finds in its probabilities."""
    row = max(where(rows, family="block_model"), key=lambda row: (row["n"], row["parameter"]))
    sparse = where(rows, family="block_model_zeros", n=row["n"], parameter=row["parameter"])[0]
    share, others = 1 - 0.25, row["parameter"] - 1
    broken = [
        each
        for each in blocks
        if each["positive"] != each["communities"] * (each["communities"] + 1) // 2
        or each["negative"] != each["communities"] * (each["communities"] - 1) // 2
        or each["wrong_entries"]
        or each["cross_entries"]
    ]
    return [
        claim(
            f"cost of the probabilities of {row['n']} nodes in {row['parameter']} communities",
            "n/(2K)",
            row["n"] / (2 * row["parameter"]),
            "=",
            row["flat"] / row["deep"],
        ),
        claim(
            f"cost for {row['n']} nodes in {row['parameter']} communities, a quarter of the "
            "popularities elsewhere zero",
            "n/(2K) (1+(K-1)(1-q)^2)/(1+(K-1)(1-q))",
            row["n"] / (2 * row["parameter"]) * (1 + others * share**2) / (1 + others * share),
            "within 0.03",
            sparse["flat"] / sparse["deep"],
            note="of expected counts, to five standard deviations; counts follow their own formula",
        ),
        none(
            f"probability matrices, of {len(blocks)}, without rank-one blocks, K(K+1)/2 positive "
            "and K(K-1)/2 negative eigenvalues, and orthogonal communities",
            len(broken),
            note="in integers and rational numbers",
        ),
    ]


def recovered(rows: list[Row]) -> list[Row]:
    """Communities of sampled graphs: wrong nodes, and how the cross affinity falls."""
    from noflat.measure.fits import mean_interval

    count, sizes = max(row["communities"] for row in rows), sorted({row["n"] for row in rows})
    largest = where(rows, communities=count, n=sizes[-1])
    errors = [row["error"] for row in largest]
    ratios = [row["cross"] / row["cross_predicted"] for row in largest]
    return [
        claim(
            f"share of nodes in a wrong community, {sizes[-1]} nodes in {count}",
            "tends to 0; at most 1 %",
            0.01,
            "<=",
            float(np.mean(errors)),
            interval=mean_interval(errors),
            note=f"{len(errors)} graphs; chance is {np.mean([r['chance'] for r in largest]):.2f}, "
            f"{count} leading eigenvectors give "
            f"{np.mean([r['leading_error'] for r in largest]):.2f}",
        ),
        claim(
            f"affinity between {count} communities over its first-order value, {sizes[-1]} nodes",
            "1",
            1,
            "within 0.05",
            float(np.mean(ratios)),
            interval=mean_interval(ratios),
        ),
        claim(
            f"growth of the affinity between {count} communities, n = {sizes[-3:][0]} to "
            f"{sizes[-1]}",
            "n^(-1/2)",
            -0.5,
            "within 0.1",
            _slope(where(rows, communities=count), sizes[-3:]),
        ),
    ]


def _slope(rows: list[Row], sizes: list[int]) -> float:
    from noflat.measure.fits import log_slope

    means = [np.mean([row["cross"] for row in where(rows, n=n)]) for n in sizes]
    return log_slope(sizes, means)
