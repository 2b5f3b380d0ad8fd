"""Certificates of every theorem, and what tests do to them."""

import hashlib
import json
from typing import Any

import pytest

from noflat.certificates import Certificate, lower_bound
from noflat.targets import Polynomial, determinant, elementary_symmetric, monomial, product


def certificate(
    target: int | Polynomial, activation: str, allowed: str = "bias_free", **rest: Any
) -> Certificate:
    """Of the product of so many variables, or of any polynomial."""
    asked = product(target) if isinstance(target, int) else target
    return lower_bound(asked, activation, convention=allowed, **rest)


SQUARED = monomial((2, 1))
MIXED = product(3) + monomial((0, 0, 2)) * 2
SUM = elementary_symmetric(3, 2) + monomial((0, 0, 3))


# One or more of every theorem.
CERTIFICATES = {
    "pairing": certificate(4, "exp"),
    "pairing, output bias": certificate(3, "exp", "output_bias"),
    "pairing, affine skip": certificate(5, "exp", "affine_skip"),
    "pairing, one parity": certificate(5, "tanh"),
    "pairing, some degrees": certificate(4, "silu"),
    "pairing, absorbed biases": certificate(3, "exp", "hidden_bias"),
    "waring": certificate(4, "tanh", "hidden_bias+output_bias"),
    "waring_strict": certificate(3, "softplus", "hidden_bias"),
    "waring_strict, tanh": certificate(2, "tanh", "hidden_bias+output_bias"),
    "waring_strict, erf": certificate(2, "erf", "hidden_bias"),
    "waring_strict, power": certificate(3, "power4", "hidden_bias"),
    "flattening, n = 2": certificate(2, "relu", sense="uniform"),
    "flattening, n = 3": certificate(3, "relu", sense="uniform"),
    "flattening, n = 4": certificate(4, "relu", sense="uniform"),
    "flattening, cubic": certificate(SQUARED, "relu", sense="uniform"),
    "flattening, a part": certificate(determinant(2) + 1, "tanh", "hidden_bias+output_bias"),
    "moments": certificate(SQUARED, "exp"),
    "moments, parts": certificate(MIXED, "exp", "output_bias"),
    "moments, tests": certificate(SUM, "exp"),
    "moments, density": certificate(monomial((2, 2)), "gelu"),
    "moments, skip": certificate(MIXED, "exp", "affine_skip"),
    "held_variable": certificate(monomial((2, 1, 1)), "tanh", "hidden_bias"),
    "held_variable, a part": certificate(MIXED, "tanh", "hidden_bias+output_bias"),
    "partials": certificate(SQUARED, "exp", sense="uniform"),
    "partials, parts": certificate(SUM, "cos", "output_bias", sense="uniform"),
    "catalecticant": certificate(9, "relu", sense="uniform"),
    "border_rank": certificate(4, "relu", sense="uniform", cited=True),
    "kernel": certificate(4, "exp", sense="uniform"),
    "kernel, cos": certificate(5, "cos", "affine_skip", sense="uniform"),
    "gaussian_kernel": certificate(4, "sin", "output_bias", sense="gaussian", error="1/10"),
    "gaussian_flattening": certificate(5, "relu", sense="gaussian", error="1/3"),
    "chaos_tail": certificate(SUM, "relu", sense="gaussian", error="1/5"),
    "chaos_tail, one row": certificate(monomial((3,)), "tanh", sense="gaussian", error="1/5"),
    "chaos_tail, blocks": certificate(MIXED, "relu", sense="gaussian", error=0),
    "kernel_tail": certificate(SQUARED, "exp", sense="gaussian", error="1/10"),
    "kernel_tail, cos": certificate(MIXED, "cos", "output_bias", sense="gaussian", error=0),
    "gaussian_flattening, exact": certificate(2, "relu", sense="gaussian", error=0),
}
EACH = pytest.mark.parametrize("original", CERTIFICATES.values(), ids=CERTIFICATES)


def sealed(data: dict[str, Any]) -> dict[str, Any]:
    """The record with a digest that fits, so that a refusal is about mathematics."""
    body = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True)
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}
