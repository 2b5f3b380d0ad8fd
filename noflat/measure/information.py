r"""Information in bits: what a statistic keeps of a symbol, and what a network makes use of.

A statistic T keeps $I(y;T)$, at most $I(y;x)$ by the data-processing inequality. Of a network that
number says little: a linear map that tells all x apart keeps everything. What counts is how well
its output serves as the log-odds of y, the entropy of y less the cross-entropy; that is at most
$I(y;x)$ again, with equality for the posterior alone.
"""

import numpy as np
from jaxtyping import Float


def mutual_information(joint: Float[np.ndarray, "symbols values"]) -> float:
    r"""$I=\sum p(y,t)\log_2\frac{p(y,t)}{p(y)p(t)}$, in bits.

    Args:
        joint: A probability for each pair.

    Returns:
        The information, right to a few units of rounding per term.

    Raises:
        ValueError: If an entry is negative, or they do not sum to 1 to within rounding.

    Example:
        >>> mutual_information(np.array([[0.5, 0.0], [0.0, 0.5]]))
        1.0
    """
    if np.min(joint) < 0 or abs(np.sum(joint) - 1) > 1e-9:  # far above the rounding of any sum here
        raise ValueError(
            f"`joint` must be probabilities that sum to 1; they are from {np.min(joint):.3g} and "
            f"sum to {np.sum(joint):.3g}"
        )
    apart = joint.sum(axis=1)[:, None] * joint.sum(axis=0)[None]
    positive = joint > 0
    return float(np.sum(joint[positive] * np.log2(joint[positive] / apart[positive])))


def used_information(
    joint: Float[np.ndarray, "2 values"], log_odds: Float[np.ndarray, " values"]
) -> float:
    r"""The entropy of a bit less the cross-entropy of predicted log-odds, in bits.

    $$H(y)-\mathbb E\,\log_2\big(1+e^{\mp m}\big)\ \le\ I(y;x)$$

    with the upper sign for y = 1; equality iff m are the log-odds of the posterior.

    Args:
        joint: For both bits and every value the probability.
        log_odds: What is predicted at every value.

    Returns:
        The information that the prediction makes use of; negative if it misleads.

    Example:
        >>> joint = np.array([[0.4, 0.1], [0.1, 0.4]])
        >>> used = used_information(joint, np.log(joint[1] / joint[0]))
        >>> bool(abs(used - mutual_information(joint)) < 1e-15)
        True
    """
    bits = joint.sum(axis=1)
    entropy = -np.sum(bits[bits > 0] * np.log2(bits[bits > 0]))
    surprise = np.stack([np.logaddexp(0, log_odds), np.logaddexp(0, -log_odds)]) / np.log(2)
    return float(entropy - np.sum(joint * surprise))
