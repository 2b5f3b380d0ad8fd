r"""The learner by table, who is shown the symbols of every level and remembers the rules it saw.

This is what the hierarchy costs where nothing is hidden: a rule is known once it occurred. Of each
level a sample shows $s^t$ rules, of that of the classes only one, so that the $n_cm$ rules of the
classes come last, and a few times $n_cm$ samples are needed, as by a collector of coupons. The law
of learning from strings alone, $n_cm^L$, is larger by $m^{L-1}$: the price of the hidden levels.
Blanks change nothing here.
"""

import numpy as np
from jaxtyping import Float

from noflat.arguments import whole
from noflat.targets.hierarchy import Hierarchy

Absent = list[Float[np.ndarray, "_ classes"]]
"""By depth: the probability that a string of a class does without a rule of a parent."""


def unseen_rules(hierarchy: Hierarchy, samples: float) -> Float[np.ndarray, " depths"]:
    r"""The expected share of the rules of each level that never occurred in P strings, exactly.

    With $a_{rc}$ the probability that a string of class c is made without rule r, and P strings,
    as many of each class, drawn independently,

    $$u_r = \prod_c a_{rc}^{P/n_c},$$

    whose mean over the rules of a level is returned; a rule that no string shows counts as unseen.
    Nodes of one string are not independent, and not all parents equally frequent: $a_{rc}$ is
    computed from the rules as they are, up the tree. With all rules in use, $n_c=v$ and
    $m=v^{s-1}$, a string of a class that is drawn shows $s^t$ independent and uniform rules of
    depth t, and at most $(1-1/(vm))^{Ps^t}$ of them are unseen, less since the classes are
    balanced.

    Args:
        hierarchy: The rules.
        samples: The number P of strings, a multiple of the number of classes if it is exact.

    Returns:
        From the rules of the classes down.

    Raises:
        ValueError: If `samples` is negative.

    Example:
        >>> hierarchy = random_hierarchy(4, 2, key=jax.random.key(0))
        >>> shares = unseen_rules(hierarchy, 32)
        >>> print(f"{shares[0]:.3f}", shares[1] < shares[0])
        0.100 True
    """
    return np.array([_unseen(absent, samples).mean() for absent in _absent(hierarchy)])


def table_error(hierarchy: Hierarchy, samples: float) -> float:
    r"""The test error of the learner by table, who guesses where a rule of the string is unseen.

    With $w_r=1-\operatorname{mean}_c a_{rc}$ the probability that a test string shows rule r, a
    depth t shows $d_t=\sum_r w_r$ different rules on average and $\lambda_t=\sum_r w_ru_r$ unseen
    ones, both exactly, and the error is taken to be

    $$\varepsilon = \frac{n_c-1}{n_c}\Big(1 - \prod_t(1-\lambda_t/d_t)^{d_t}\Big).$$

    It is exact for one level, for no sample, and to first order in the unseen rules, that is where
    the error is small. In between it takes the rules of a string as independently unseen and their
    number as its mean, and lies up to 0.04 too high where it was compared with learners.

    Args:
        hierarchy: The rules.
        samples: The number P of strings, as many of each class.

    Returns:
        The expected error over test strings and training sets.

    Raises:
        ValueError: If `samples` is negative.

    Example:
        >>> hierarchy = random_hierarchy(4, 1, key=jax.random.key(0))
        >>> print(table_error(hierarchy, 0), f"{table_error(hierarchy, 32):.3f}")
        0.75 0.075
    """
    return _error(_absent(hierarchy), hierarchy, samples)


def table_complexity(hierarchy: Hierarchy, level: float = 0.1) -> float:
    """The training-set size at which `table_error` falls to a level.

    Args:
        hierarchy: The rules.
        level: The error, below that of guessing.

    Returns:
        The size, not rounded to whole samples; at least one sample of each class.

    Raises:
        ValueError: If the level is not between 0 and the error of guessing.

    Example:
        >>> print(f"{table_complexity(random_hierarchy(4, 1, key=jax.random.key(0))):.1f}")
        28.0
    """
    chance = 1 - 1 / hierarchy.classes
    if not 0 < level < chance:
        raise ValueError(
            f"`level` must be between 0 and {chance}, the error of guessing; got {level}"
        )
    absent = _absent(hierarchy)
    low = high = float(hierarchy.classes)
    while _error(absent, hierarchy, high) > level:
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if _error(absent, hierarchy, middle) > level:
            low = middle
        else:
            high = middle
    return high


def coupon_collector(rules: int) -> float:
    r"""How many draws show every one of N equally likely rules, on average.

    $$N\sum_{i=1}^{N}\frac1i = N(\ln N + 0.5772\ldots) + \frac12 + O(1/N).$$

    With the $N=n_cm$ rules of the classes this is the size at which a table is complete, to compare
    with `table_complexity`, at which it is good enough.

    Args:
        rules: The number N.

    Returns:
        The expected number of draws.

    Raises:
        ValueError: If `rules` is no count.

    Example:
        >>> print(f"{coupon_collector(16):.2f}")
        54.09
    """
    whole(rules, "rules", "the rules to collect")
    return float(rules * np.sum(1 / np.arange(1, rules + 1)))


def _absent(hierarchy: Hierarchy) -> Absent:
    """All rules of a parent are alike, so that a row stands for each of them."""
    tables = [np.asarray(rules) for rules in hierarchy.rules]
    found = []
    for depth, table in enumerate(tables):
        # by the parent of the rule, and the symbol at the top of what has been looked through
        absent = 1 - np.eye(len(table)) / hierarchy.synonyms
        for above in reversed(tables[:depth]):
            absent = np.prod(absent[:, above], axis=-1).mean(axis=-1)
        found.append(absent)
    return found


def _unseen(absent: np.ndarray, samples: float) -> np.ndarray:
    if not samples >= 0:
        raise ValueError(f"`samples` must be a number of strings, zero or more; got {samples}")
    return np.prod(absent ** (samples / absent.shape[1]), axis=1)


def _error(absent: Absent, hierarchy: Hierarchy, samples: float) -> float:
    known = 1.0
    for of_depth in absent:
        shown = 1 - of_depth.mean(axis=1)
        different = hierarchy.synonyms * shown.sum()
        missing = hierarchy.synonyms * np.sum(shown * _unseen(of_depth, samples))
        known *= (1 - missing / different) ** different
    return float((1 - 1 / hierarchy.classes) * (1 - known))
