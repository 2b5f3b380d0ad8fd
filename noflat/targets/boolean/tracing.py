"""From a Python function to a circuit: the function runs once, on symbols in place of integers."""

import functools
import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from noflat.arguments import whole
from noflat.targets.boolean.builder import Builder
from noflat.targets.boolean.circuits import BooleanCircuit
from noflat.targets.boolean.words import Word, word


def trace(function: Callable[..., Any], *widths: int, fan_in: int = 2) -> BooleanCircuit:
    """The circuit of a Python function of integers of fixed widths.

    The function runs once. Its arguments know `&`, `|`, `^`, `~`, `+`, `-`, `*`, `<<`, `>>`,
    comparisons, slices and iteration over their bits, lowest first; `mux`, `ordered` and
    `concatenated` do what is left. Widths grow with sums and products, so that on integers the
    function and the circuit agree; only `-` and `~` wrap around in their width.

    Args:
        function: Takes as many words as there are widths, or `*words`. Returns a word or an
            integer, or nested lists and tuples of them.
        *widths: The bits of each argument.
        fan_in: The most operands of a gate. With 2, sums are made of XOR, AND and OR; from 3 on a
            full adder is two gates, and a mux one.

    Returns:
        The circuit, its outputs in the order in which the function returns them.

    Raises:
        ValueError: If something cannot be traced, or the function raises; it names the line. What
            the function itself raised is its cause.

    Example:
        >>> from noflat.targets.boolean import mux, trace
        >>> def multiply(a, b):
        ...     rows = [mux(bit, a << i, 0) for i, bit in enumerate(b)]
        ...     return sum(rows)
        >>> circuit = trace(multiply, 4, 4)
        >>> circuit.on_integers(11, 13), circuit.size, circuit.depth
        ((143,), 64, 16)
        >>> trace(lambda a: a if a > 2 else 0, 4)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        ValueError: `function` cannot be traced at line 1 of ...: use mux(condition, a, b) ...
    """
    if not callable(function):
        raise ValueError(
            "`function` must be a function of words, such as lambda a, b: a + b, and `widths` the "
            f"bits of each; got {function!r}"
        )
    sizes = tuple(whole(width, "widths", "the bits of an argument") for width in widths)
    _check_arguments(function, len(sizes))
    builder = Builder(sum(sizes), fan_in=fan_in)
    literals = iter(builder.input_literals)
    arguments = [Word(builder, [next(literals) for _ in range(size)]) for size in sizes]
    try:
        returned = function(*arguments)
    except Exception as problem:
        refused = _is_refusal(problem)
        said = problem if refused else f"{type(problem).__name__}: {problem}"
        raise ValueError(
            f"`function` cannot be traced at {_place(function, problem)}: {said}"
        ) from (None if refused else problem)
    outputs = list(_outputs(builder, returned))
    bits = [literal for one in outputs for literal in one.literals]
    return builder.finished(bits, sizes, tuple(len(one) for one in outputs))


def _check_arguments(function: Callable[..., Any], count: int) -> None:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError as problem:
        raise ValueError(
            f"`widths` must be one per argument of `function`; got {count}: {problem}"
        ) from None
    except ValueError:  # a builtin that does not say what it takes
        return


def _is_refusal(problem: Exception) -> bool:
    """Whether a word raised it, and so says all there is to say."""
    (last,) = traceback.extract_tb(problem.__traceback__, limit=-1)
    return isinstance(problem, TypeError | IndexError) and last.filename == _WORDS


_WORDS = inspect.getfile(Word)


def _place(function: Callable[..., Any], problem: Exception) -> str:
    """The last line that was running of the file that the function stands in."""
    function = _innermost(function)
    code = _code(function)
    frames = traceback.extract_tb(problem.__traceback__)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not own:
        return f"the call of {getattr(function, '__name__', type(function).__name__)}"
    last = own[-1]
    line = (linecache.getline(last.filename, last.lineno or 0)).strip()
    shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
    return f"line {last.lineno} of {last.filename}" + (f", `{shown}`" if line else "")


def _innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is called in the end, of functions that wrap it or fix some of its arguments."""
    inner = function.func if isinstance(function, functools.partial) else function
    inner = inspect.unwrap(inner)
    return inner if inner is function else _innermost(inner)


def _code(function: Callable[..., Any]) -> CodeType | None:
    """Of a function, a method, or an object that can be called; none of a builtin."""
    own = getattr(function, "__code__", None)
    return own or getattr(type(function).__call__, "__code__", None)


_LONGEST = 60
"""So much of a line is shown."""


def _outputs(builder: Builder, returned: Any) -> Iterator[Word]:
    if isinstance(returned, list | tuple):
        for part in returned:
            yield from _outputs(builder, part)
        return
    try:
        yield word(builder, returned)
    except TypeError as problem:
        raise ValueError(
            f"`function` must return words and nonnegative integers, or lists of them: {problem}"
        ) from None
