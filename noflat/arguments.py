"""What a user hands in, read at the door: the value, or one error that names the argument."""

import operator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Key


def whole(value: Any, name: str, meaning: str, *, least: int = 1) -> int:
    """Reads a whole number, of Python or of NumPy.

    Args:
        value: What was handed in.
        name: The argument.
        meaning: What it is.
        least: The least that is allowed.

    Returns:
        The number.

    Raises:
        ValueError: If it is none, or below the least.

    Example:
        >>> whole(np.int64(4), "n", "the number of variables")
        4
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(
            f"`{name}` must be an integer of at least {least}, {meaning}; got {value!r}"
        )
    return number


def positive(value: Any, name: str, meaning: str) -> float:
    """Reads a positive finite number.

    Args:
        value: What was handed in.
        name: The argument.
        meaning: What it is.

    Returns:
        The number.

    Raises:
        ValueError: If it is none.

    Example:
        >>> positive(np.float32(0.5), "scale", "the factor on the inputs")
        0.5
    """
    try:
        number = -1.0 if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 < number < float("inf"):
        raise ValueError(f"`{name}` must be a positive number, {meaning}; got {value!r}")
    return number


def generator(key: Key[Array, ""]) -> np.random.Generator:
    """Reads a JAX key as a generator of NumPy, for draws whose shapes are too many to compile.

    Args:
        key: The key.

    Returns:
        A generator that is the same for the same key.

    Example:
        >>> first, again = (generator(jax.random.key(3)).integers(100, size=4) for _ in range(2))
        >>> bool((first == again).all())
        True
    """
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))
