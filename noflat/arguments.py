"""What a user hands in, read at the door: numbers, or one error that names the argument; seeds."""

import operator
import zlib
from collections.abc import Sequence
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


def named_key(seed: int, *names: str | int) -> Key[Array, ""]:
    """The JAX key of what has these names: the same whatever else is drawn beside it.

    Args:
        seed: Its integer.
        names: Text or whole numbers, folded in one after the other.

    Returns:
        The key.

    Example:
        >>> key = named_key(0, "softplus", 3)
        >>> bool(key == named_key(0, "softplus", 3)), bool(key == named_key(0, "softplus", 4))
        (True, False)
    """
    key = jax.random.key(seed)
    for name in names:
        number = zlib.crc32(name.encode()) if isinstance(name, str) else name
        key = jax.random.fold_in(key, number)
    return key


def numbered_keys(key: Key[Array, ""], numbers: Sequence[int]) -> Key[Array, " numbers"]:
    """The keys of members: that of a number is the same whichever others there are.

    Args:
        key: The key of all of them.
        numbers: Those of the members.

    Returns:
        A key for each.

    Example:
        >>> keys = numbered_keys(jax.random.key(0), range(8))
        >>> bool(keys[7] == numbered_keys(jax.random.key(0), range(7, 9))[0])
        True
    """
    return jax.vmap(jax.random.fold_in, (None, 0))(key, np.asarray(numbers, np.uint32))
