"""A toy block cipher: a small function that is easy to compute and hard to tell from a random one.

Rounds of substitution and permutation on 16 bits, as in PRESENT: mix in a key, put each four bits
through one table, and move the bits apart. After one round an output bit depends on four inputs,
after two on all. Nothing is proved about it, and with 16 bits it protects nothing; it stands in for
the pseudo-random functions whose existence cryptography assumes.
"""

from collections.abc import Sequence
from typing import Any

import jax
from jaxtyping import Array, Key

from noflat.arguments import generator, whole
from noflat.targets.boolean.circuits import BooleanCircuit
from noflat.targets.boolean.tracing import trace
from noflat.targets.boolean.words import Word, concatenated, looked_up

BITS = 16
_TABLE = (12, 5, 6, 11, 9, 0, 10, 13, 3, 14, 15, 8, 4, 7, 1, 2)
_PLACES = (*(4 * i % 15 for i in range(15)), 15)


def round_keys(rounds: int, *, key: Key[Array, ""]) -> tuple[int, ...]:
    """Secret words of 16 bits, one for each round and one for the end.

    Args:
        rounds: How many rounds there are.
        key: The JAX key.

    Returns:
        One integer more than there are rounds; those of fewer rounds are the first of them.

    Example:
        >>> from noflat.targets.boolean.ciphers import round_keys
        >>> len(round_keys(4, key=jax.random.key(0)))
        5
    """
    count = whole(rounds, "rounds", "of the cipher", least=0) + 1
    return tuple(int(generator(jax.random.fold_in(key, i)).integers(2**BITS)) for i in range(count))


def encrypted(word: int, keys: Sequence[int]) -> int:
    """The cipher on one integer, by tables and shifts.

    Args:
        word: Of 16 bits.
        keys: From `round_keys`.

    Returns:
        An integer of 16 bits.

    Example:
        >>> from noflat.targets.boolean.ciphers import encrypted
        >>> encrypted(0, (0, 0))  # four times the entry 12 of the table, its bits moved apart
        65280
    """
    for secret in keys[:-1]:
        word ^= secret
        word = sum(_TABLE[word >> i & 15] << i for i in range(0, BITS, 4))
        word = sum((word >> i & 1) << _PLACES[i] for i in range(BITS))
    return word ^ keys[-1]


def cipher_circuit(keys: Sequence[int], *, fan_in: int = 3, outputs: int = BITS) -> BooleanCircuit:
    """The cipher as a circuit, keys built in: mixing in a key is negation and takes no gate.

    Args:
        keys: From `round_keys`.
        fan_in: The most operands of a gate.
        outputs: So many of the lowest bits are given.

    Returns:
        The circuit, of 16 inputs.

    Raises:
        ValueError: If `outputs` is not from 1 to 16.

    Example:
        >>> from noflat.targets.boolean.ciphers import cipher_circuit, encrypted, round_keys
        >>> keys = round_keys(4, key=jax.random.key(0))
        >>> cipher_circuit(keys).on_integers(12345) == (encrypted(12345, keys),)
        True
    """
    if not 1 <= outputs <= BITS:
        raise ValueError(f"`outputs` must be from 1 to {BITS} bits; got {outputs}")

    def traced(word: Word) -> Any:
        for secret in keys[:-1]:
            word ^= secret
            parts = [looked_up(_TABLE, word[i : i + 4]) for i in range(0, BITS, 4)]
            bits = list(concatenated(*parts))
            word = concatenated(*(bits[_PLACES.index(i)] for i in range(BITS)))
        return (word ^ keys[-1])[:outputs]

    return trace(traced, BITS, fan_in=fan_in)
