"""What the levels of a process distill: classes, tables from level to level, and information."""

import itertools
from fractions import Fraction
from math import comb, log2
from typing import Any

from noflat.experiments.records import Row

_SUMMED = 9
"""Up to so many leaves a tree is also taken as a chain, without its structure."""


def class_rows(trees: list[tuple[int, int]], flips: list[Fraction]) -> list[Row]:
    """The classes below one bit, counted in rationals and by the formula, per height."""
    from noflat.targets import Broadcast, count_classes

    return [
        {
            "branches": branches,
            "flip": str(flip),
            "height": height,
            "leaves": branches**height,
            "classes": len(Broadcast(branches, 1, flip).law(height)),
            "formula": count_classes(branches, height),
            "configurations": 2 ** (branches**height),
        }
        for branches, levels in trees
        for flip in flips
        for height in range(levels + 1)
    ]


def level_rows(trees: list[tuple[int, int]], flips: list[Fraction]) -> list[Row]:
    """Every level of trees whose leaves can all be listed, with the tables between the levels."""
    return [row for tree in trees for flip in flips for row in _levels(*tree, flip)]


def _levels(branches: int, levels: int, flip: Fraction) -> list[Row]:
    """A row per level of one tree: T_i, f_i, and the posterior that the f_i compose to."""
    from noflat.targets import Broadcast, count_classes, factor

    process = Broadcast(branches, levels, flip)
    leaves = list(itertools.product((0, 1), repeat=process.leaves))
    fine = tuple(range(len(leaves)))
    composed, rows, values = list(fine), [], []
    for level in range(levels, -1, -1):
        numbers: dict[Any, int] = {}
        found = (process.statistic(x, level) for x in leaves)
        coarse = tuple(numbers.setdefault(value, len(numbers)) for value in found)
        table = factor(fine, coarse)
        composed = [table[known] for known in composed]
        rows.append(
            {
                "branches": branches,
                "levels": levels,
                "flip": str(flip),
                "level": level,
                "classes": len(numbers),
                "formula": count_classes(branches, levels - level) ** (branches**level),
                "configurations": len(leaves),
                "table_rows": len(table),
                "mismatches": sum(a != b for a, b in zip(composed, coarse, strict=True)),
                **_by_likelihoods(process, level, coarse),
            }
        )
        fine, values = coarse, list(numbers)
    rows[-1]["mismatches"] += _wrong_posteriors(process, leaves, values, composed)
    return rows[::-1]


def _by_likelihoods(process: Any, level: int, labels: tuple[int, ...]) -> Row:
    """The same classes from whole likelihood vectors, summed over all bits between."""
    from noflat.targets import sufficient_statistic

    if process.leaves > _SUMMED or level == process.levels:
        return {"differences": None, "information_gap": None}
    chain = process.chain()
    brute = sufficient_statistic(chain.likelihoods(level))
    differences = sum(a != b for a, b in zip(brute, labels, strict=True))
    return {"differences": differences, "information_gap": _information_gap(chain, labels)}


def _wrong_posteriors(process: Any, leaves: list, values: list, composed: list[int]) -> int:
    """For how many x the composed tables give another posterior than the rule of Bayes.

    Of few leaves the likelihoods are summed over all bits between, without a statistic.
    """
    from noflat.targets.markov import bayes

    prior = (1 - process.start, process.start)
    tables = [bayes(prior, value[0]) for value in values]
    if process.leaves > _SUMMED:
        direct = (bayes(prior, (1, process.odds(x))) for x in leaves)
    else:
        direct = (bayes(prior, likelihood) for likelihood in process.chain().likelihoods(0))
    return sum(tables[c] != wanted for c, wanted in zip(composed, direct, strict=True))


def _information_gap(chain: Any, labels: tuple[int, ...]) -> float:
    """I(y_0; x) less I(y_0; T), in bits, each summed in floats from exact probabilities."""
    import numpy as np

    from noflat.measure import mutual_information

    merged: dict[int, list[Fraction]] = {}
    full = []
    for label, row in zip(labels, chain.likelihoods(0), strict=True):
        joint = [p * q for p, q in zip(chain.start, row, strict=True)]
        full.append(joint)
        known = merged.setdefault(label, [Fraction(0)] * len(joint))
        merged[label] = [a + b for a, b in zip(known, joint, strict=True)]
    every = mutual_information(np.array(full, float).T)
    return every - mutual_information(np.array(list(merged.values()), float).T)


def random_rows(sizes: tuple[int, ...], chains: int, seed: int) -> list[Row]:
    """Chains without structure: how many classes each level has."""
    from noflat.targets import factor, random_chain, sufficient_statistic

    rows = []
    for member in range(chains):
        chain = random_chain(sizes, seed=seed * 1000 + member)
        statistics = [sufficient_statistic(chain.likelihoods(i)) for i in range(chain.levels)]
        for level, statistic in enumerate(statistics):
            if level + 1 < len(statistics):
                factor(statistics[level + 1], statistic)
            rows.append(
                {
                    "chain": member,
                    "level": level,
                    "symbols": sizes[level],
                    "classes": len(set(statistic)),
                    "configurations": sizes[-1],
                }
            )
    return rows


def information_rows(trees: list[tuple[int, int]], flips: list[Fraction]) -> list[Row]:
    """What statistics of the leaves keep of the first bit, in bits, per height of the tree."""
    from noflat.targets import Broadcast
    from noflat.targets.broadcast import census, decided, raised

    rows = []
    for branches, levels in trees:
        for flip in flips:
            process = Broadcast(branches, levels, flip)
            exact = hard = once = process.law(0)
            before = _bits(exact)
            for height in range(1, levels + 1):
                exact = raised(exact, branches, flip)
                hard = decided(raised(hard, branches, flip))
                once = hard if height == 1 else raised(once, branches, flip)
                rows.append(
                    {
                        "branches": branches,
                        "flip": str(flip),
                        "height": height,
                        "contraction": float(branches * (1 - 2 * flip) ** 2),
                        "exact": _bits(exact),
                        "bound": float(branches * (1 - 2 * flip) ** 2) * before,
                        "census": _bits(census(process, height)),
                        "decided_once": _bits(once),
                        "decided": _bits(hard),
                        "decided_formula": decided_bits(branches, flip, height),
                    }
                )
                before = _bits(exact)
    return rows


def _bits(law: dict) -> float:
    """The information of a statistic about a fair bit."""
    import numpy as np

    from noflat.measure import mutual_information

    return mutual_information(np.array(list(law.values()), dtype=float).T / 2)


def decided_bits(branches: int, flip: Fraction, height: int) -> float:
    """1 - H(q) for the probability q that majorities of majorities are wrong, by its recursion."""
    wrong = Fraction(0)
    for _ in range(height):
        sent = flip * (1 - wrong) + (1 - flip) * wrong
        terms = [
            comb(branches, j) * sent**j * (1 - sent) ** (branches - j) for j in range(branches + 1)
        ]
        wrong = sum(terms[branches // 2 + 1 :], Fraction(0))
        wrong += Fraction(0) if branches % 2 else terms[branches // 2] / 2
    return 1 + sum(float(p) * log2(p) for p in (wrong, 1 - wrong))
