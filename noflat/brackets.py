"""Both bounds of any polynomial side by side, at every depth and under every convention.

A bracket is a question with its two answers: how many neurons are proved to be needed, and a
network that has so many. Where the two numbers meet, the answer is known.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2
from typing import Any, Literal

import jax.numpy as jnp

from noflat.activations import Activation
from noflat.activations import activation as as_activation
from noflat.certificates import Certificate, lower_bound, sup_error_bound
from noflat.certificates.record import Sense
from noflat.constructions import (
    deep_polynomial,
    flat_polynomial,
    flat_product,
    grouped_product,
    plan_flat,
    plan_flat_polynomial,
)
from noflat.constructions.operands import Inputs, drawn
from noflat.conventions import CONVENTIONS, Convention
from noflat.conventions import convention as as_convention
from noflat.measure import relative_rms_error
from noflat.networks import Network
from noflat.targets import Circuit, Polynomial, circuit, polynomial

_POINTS = 4096
_MOST_PROVED, _MOST_PROVED_INPUTS = 512, 7
"""Beyond so many neurons or variables the error in sup norm is not proved: minutes."""
_LARGEST = 10**200
"""Coefficients from one over this to this leave room for weights, up to 1e308 in a float."""
_BRIEF = re.compile(r"[^eE]{1,100}([eE][-+]?\d{1,3})?")
"""Texts of numbers that are quickly read, however large."""


@dataclass(frozen=True)
class Bracket:
    """One question and what is known.

    Attributes:
        activation: The name of the activation.
        hidden_layers: Their number; lower bounds are known for one.
        convention: Which biases and skip the networks may use.
        sense: What the lower bound is about: `taylor`, `uniform` or `gaussian`.
        certificate: The lower bound, or None.
        network: The construction, or None.
        relative_error: Its rms error at random points, over the rms of the target.
        sup_error: A proved bound on its largest error on the cube, in real arithmetic.
        remark: Why a half is missing, in a sentence.
    """

    activation: str
    hidden_layers: int
    convention: Convention
    sense: Sense
    certificate: Certificate | None = None
    network: Network | None = None
    relative_error: float | None = None
    sup_error: float | None = None
    remark: str = ""

    @property
    def lower_bound(self) -> int | None:
        """The neurons that are proved to be needed."""
        return None if self.certificate is None else self.certificate.neurons

    @property
    def constructed(self) -> int | None:
        """The neurons of the network."""
        return None if self.network is None else self.network.neurons

    def row(self) -> dict[str, Any]:
        """All of it that is a number or a word."""
        certificate = self.certificate
        return {
            "activation": self.activation,
            "hidden_layers": self.hidden_layers,
            "convention": self.convention.name,
            "sense": self.sense,
            "lower_bound": self.lower_bound,
            "theorem": None if certificate is None else certificate.theorem,
            "rests_on": None if certificate is None else certificate.rests_on,
            "constructed": self.constructed,
            "relative_error": self.relative_error,
            "sup_error": self.sup_error,
            "remark": self.remark,
        }


def bounds(
    target: Any,
    activation: str | Activation,
    *,
    conventions: Sequence[str | Convention] = CONVENTIONS,
    inputs: Inputs = "cube",
    error: float | str | Fraction | None = None,
    prove_errors: bool = True,
) -> list[Bracket]:
    r"""How many neurons a polynomial takes: certified and constructed, at each depth.

    One hidden layer has the senses `taylor` and `uniform`, and `gaussian` where the inputs are
    normal and an error is given. The deep network is compiled from the expression as it is written;
    a product has all depths between.

    Args:
        target: A `Polynomial`, or what `polynomial` takes: a string, a SymPy expression, a
            dictionary.
        activation: The activation, by name or object.
        conventions: Those that are asked about.
        inputs: The law of the inputs under which networks are made and their errors measured:
            uniform on $[-1,1]^n$, or standard normal.
        error: The relative rms error between 0 and 1 that a network must not exceed, or None.
        prove_errors: Whether errors in sup norm are proved; it takes most of the time.

    Returns:
        A bracket per hidden layers, convention and sense.

    Raises:
        ValueError: If the target is none, or affine, or has a coefficient that is not from 1e-200
            to 1e200 in size, or another argument is not as said.

    Example:
        >>> from noflat.brackets import bounds
        >>> found = bounds("x*y*z", "exp", conventions=["bias_free"])
        >>> [(b.hidden_layers, b.sense, b.lower_bound, b.constructed) for b in found]
        [(1, 'taylor', 8, 8), (1, 'uniform', 8, 8), (2, 'uniform', None, 10)]
    """
    asked, named = polynomial(target), as_activation(activation)
    written = target if isinstance(target, str) else asked
    if asked.degree < 2:
        raise ValueError(
            f"`target` must have a degree of at least 2; got {asked}. An affine function takes no "
            "neurons where the readout has a skip, and at most one for each sign elsewhere"
        )
    sizes = [abs(coefficient) for coefficient in asked.coefficients.values()]
    if not (min(sizes) * _LARGEST >= 1 and max(sizes) <= _LARGEST):
        raise ValueError(
            "`target` must have coefficients from 1e-200 to 1e200 in size, which the weights "
            "of networks can hold; dividing all of them by one number changes no count"
        )
    if inputs not in ("cube", "gaussian"):
        raise ValueError(f"`inputs` must be cube or gaussian; got {inputs!r}")
    exact = None if error is None else _exact(error)
    question = _Question(asked, circuit(written), named, inputs, exact, prove_errors)
    allowed = [as_convention(one) for one in conventions]
    flat = [bracket for one in allowed for bracket in _flat(question, one)]
    deep = [bracket for one in allowed for bracket in _deep(question, one)]
    return [*flat, *_grouped(question, allowed), *deep]


def _exact(error: float | str | Fraction) -> Fraction:
    exact = Fraction(0)
    written = error if isinstance(error, Fraction) else str(error)
    # a short text can stand for a number that takes hours to write out
    if isinstance(written, Fraction) or _BRIEF.fullmatch(written):
        with suppress(ValueError, ArithmeticError):
            exact = Fraction(written)
    if not (0 < exact < 1 and float(exact) > 0):
        raise ValueError(
            "`error` must be a relative rms error between 0 and 1, or None, since networks of "
            f"floats are never exact; got {error!r}"
        )
    return exact


@dataclass(frozen=True)
class _Question:
    target: Polynomial
    written: Circuit
    activation: Activation
    inputs: Inputs
    error: Fraction | None
    prove_errors: bool

    @property
    def most(self) -> float | None:
        """The error as a float, for what is measured."""
        return None if self.error is None else float(self.error)

    def bracket(
        self,
        hidden_layers: int,
        convention: Convention,
        sense: Sense,
        *,
        certificate: Certificate | None = None,
        network: Network | None = None,
        remark: str = "",
    ) -> Bracket:
        """A bracket with the errors of its network."""
        relative = None if network is None else self._relative_error(network)
        proved = None
        if network is not None and self.prove_errors:
            small = network.neurons <= _MOST_PROVED and network.inputs <= _MOST_PROVED_INPUTS
            try:
                proved = sup_error_bound(network, self.target).bound if small else None
            except ValueError as problem:
                remark = remark or f"no error is proved: {problem}"
        return Bracket(
            self.activation.name,
            hidden_layers,
            convention,
            sense,
            certificate,
            network,
            relative,
            proved,
            remark,
        )

    def _relative_error(self, network: Network) -> float:
        dtype = network.layers[0].weight.dtype
        points = jnp.asarray(drawn(self.target.inputs, self.inputs, _POINTS), dtype)
        return float(relative_rms_error(network, self.target, points))


def _flat(question: _Question, allowed: Convention) -> Iterator[Bracket]:
    senses: list[Sense] = ["taylor", "uniform"]
    if question.error is not None and question.inputs == "gaussian":
        senses.append("gaussian")
    built: dict[str, Network | str] = {}
    for sense in senses:
        remark, certificate = "", None
        try:
            certificate = lower_bound(
                question.target,
                question.activation,
                convention=allowed,
                sense=sense,
                error=question.error if sense == "gaussian" else None,
            )
        except ValueError as problem:
            remark = str(problem)
        wanted = "taylor" if sense == "taylor" else "uniform"
        if wanted not in built:
            built[wanted] = _flat_network(question, allowed, wanted)
        network = built[wanted]
        if isinstance(network, str):
            yield question.bracket(
                1,
                allowed,
                sense,
                certificate=certificate,
                remark=f"{remark}; {network}" if remark else network,
            )
        else:
            yield question.bracket(
                1, allowed, sense, certificate=certificate, network=network, remark=remark
            )


def _flat_network(
    question: _Question, allowed: Convention, sense: Literal["taylor", "uniform"]
) -> Network | str:
    """The network, or why there is none; of a product the better of two ways."""
    target, named = question.target, question.activation
    shared: dict[str, Any] = {"convention": allowed}
    problems, plans = [], []
    if target.is_product:
        try:
            plan = plan_flat(target.inputs, named, inputs=question.inputs, **shared)
            plans.append((plan.neurons, flat_product, target.inputs, {}))
        except ValueError as problem:
            problems.append(str(problem))
    try:
        other = plan_flat_polynomial(target, named, sense=sense, **shared)
        plans.append((other.neurons, flat_polynomial, target, {"sense": sense}))
    except ValueError as problem:
        problems.append(str(problem))
    for _, build, subject, options in sorted(plans, key=lambda plan: plan[0]):
        try:
            network = build(
                subject, named, inputs=question.inputs, error=question.most, **shared, **options
            )
            return network if isinstance(network, Network) else network.dense()
        except ValueError as problem:
            problems.append(str(problem))
    return problems[-1]


def _grouped(question: _Question, conventions: Sequence[Convention]) -> Iterator[Bracket]:
    """Of a product the depths between one and that of a tree, under the conventions asked for."""
    if not question.target.is_product:
        return
    n = question.target.inputs
    for layers in range(2, ceil(log2(n))):
        try:
            network = grouped_product(
                n, layers, question.activation, inputs=question.inputs, error=question.most
            )
        except ValueError:
            continue
        if not isinstance(network, Network):
            continue
        hidden = any(layer.bias is not None for layer in network.layers[:-1])
        output = network.layers[-1].bias is not None
        for one in conventions:
            if one.hidden_bias >= hidden and one.output_bias >= output:
                yield question.bracket(layers, one, "uniform", network=network)


def _deep(question: _Question, allowed: Convention) -> Iterator[Bracket]:
    """The compiled network, where it is deeper than one layer."""
    try:
        network = deep_polynomial(
            question.written,
            question.activation,
            convention=allowed,
            inputs=question.inputs,
            error=question.most,
        )
    except ValueError as problem:
        layers = max(2, question.written.depth)
        yield question.bracket(layers, allowed, "uniform", remark=str(problem))
        return
    if network.hidden_layers > 1:
        yield question.bracket(network.hidden_layers, allowed, "uniform", network=network)
