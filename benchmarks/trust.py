"""Random mutations of certificates, which must be refused, and random polynomials, which must fit.

A mutant is a certificate with one random part of its record changed, once with the digest as it was
and once sealed anew. A sealed mutant may happen to say something else that is true and proved (a
narrower convention, a target with the same minor): such are counted apart, and the same witness
must then be what `lower_bound` finds for them, or prove no more than it.

    python benchmarks/trust.py [--mutations 10000] [--polynomials 2000] [--out trust.json]
"""

import argparse
import copy
import json
import random
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import jax

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "certificates"))

from sample_certificates import CERTIFICATES, sealed

from noflat.certificates import CertificateError, lower_bound, verify
from noflat.constructions import plan_deep, plan_flat_polynomial
from noflat.conventions import CONVENTIONS, Convention
from noflat.targets import Polynomial, random_polynomial


def places(tree: Any, path: tuple = ()) -> list[tuple]:
    """The paths of all leaves and containers of a record."""
    found = [path] if path else []
    pairs = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, value in pairs:
        found += places(value, (*path, key))
    return found


def changed(value: Any, chance: random.Random) -> Any:
    """Another value, near the old one where that can be."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice([-2, -1, 1, 2, 2**61 - 1, 10**6])
    if isinstance(value, str):
        if value.lstrip("-").replace("/", "").isdigit():
            return str(Fraction(value) + chance.choice([-1, 1, Fraction(1, 2)]))
        kinds = [*dict.fromkeys(c.activation for c in CERTIFICATES.values() if c.activation)]
        return chance.choice(
            [*kinds, "", value + " 0", value[:-1], "taylor", "uniform", "gaussian"]
        )
    if isinstance(value, list):
        kinds = ["drop", "double", "swap"] if value else ["add"]
        kind, new = chance.choice(kinds), [*value]
        i = chance.randrange(len(value)) if value else 0
        if kind == "drop":
            del new[i]
        elif kind == "double":
            new.insert(i, copy.deepcopy(value[i]))
        elif kind == "swap":
            j = chance.randrange(len(value))
            new[i], new[j] = new[j], new[i]
        else:
            new = ["0"]
        return new
    if isinstance(value, dict):
        return (
            {k: v for k, v in value.items() if k != chance.choice([*value])} if value else {"a": 0}
        )
    return chance.choice(["0", "1/10", "exp", 0])


def mutant(data: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """One part changed at random."""
    new = copy.deepcopy(data)
    path = chance.choice([p for p in places(data) if p[0] != "digest"])
    holder = new
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = changed(holder[path[-1]], chance)
    return new


def refused(data: Any) -> bool:
    """Whether the checker refuses; anything else that it raises ends the program."""
    try:
        verify(data)
    except CertificateError:
        return True
    return False


def still_true(data: dict[str, Any]) -> bool:
    """Whether `lower_bound` proves as much of the mutant's own question."""
    terms = tuple((tuple(e), Fraction(c)) for e, c in data["target"]["terms"])
    allowed = Convention(**data["convention"])
    try:
        best = lower_bound(
            Polynomial(data["target"]["inputs"], terms),
            data["activation"] or "tanh",
            convention=allowed,
            sense=data["sense"],
            error=data["error"],
            cited=data["theorem"] == "border_rank",
        )
    except ValueError as problem:
        return "no network of" in str(problem)
    return data["neurons"] <= best.neurons


def mutations(number: int) -> dict[str, Any]:
    """Counts over certificates of every kind."""
    chance, names = random.Random(0), [*CERTIFICATES]
    counts = {"mutants": 0, "refused": 0, "sealed_refused": 0, "sealed_true": 0, "wrong": 0}
    kinds = set()
    while counts["mutants"] < number:
        original = CERTIFICATES[names[counts["mutants"] % len(names)]]
        data = original.to_dict()
        new = mutant(data, chance)
        if json.dumps(new, sort_keys=True) == json.dumps(data, sort_keys=True):
            continue
        counts["mutants"] += 1
        kinds.add(original.theorem)
        counts["refused"] += refused(new)
        again = sealed(new)
        if refused(again):
            counts["sealed_refused"] += 1
        elif still_true(again):
            counts["sealed_true"] += 1
        else:
            counts["wrong"] += 1
    return {**counts, "theorems": len(kinds)}


def polynomials(number: int) -> dict[str, Any]:
    """Lower against upper bounds of random polynomials, activations and conventions."""
    chance = random.Random(1)
    counts = {"polynomials": 0, "brackets": 0, "met": 0, "no_way": 0, "crossed": 0}
    for seed in range(number):
        n, d = chance.choice([(1, 4), (1, 6), (2, 3), (2, 5), (3, 3), (3, 4), (4, 2), (4, 3)])
        target = random_polynomial(n, d, key=jax.random.key(seed))
        terms = chance.sample(target.terms, chance.randrange(1, min(len(target.terms), 6) + 1))
        target = Polynomial(n, tuple(sorted(terms)))
        if target.degree < 2:
            target = target + Polynomial(n, (((2, *(0,) * (n - 1)), Fraction(1)),))
        counts["polynomials"] += 1
        name = chance.choice(["exp", "tanh", "sigmoid", "gelu", "silu", "cos", "softplus"])
        allowed = chance.choice(CONVENTIONS)
        for sense in ("taylor", "uniform"):
            try:
                upper = plan_flat_polynomial(target, name, convention=allowed, sense=sense).neurons
                lower = lower_bound(target, name, convention=allowed, sense=sense)
            except ValueError as problem:
                if "no way" not in str(problem) and "no network of" not in str(problem):
                    raise
                counts["no_way"] += 1
                continue
            counts["brackets"] += 1
            counts["met"] += lower.neurons == upper
            counts["crossed"] += lower.neurons > upper or verify(lower).neurons != lower.neurons
        try:
            plan_deep(target, name, convention=allowed)
        except ValueError:
            pass
    return counts


def main() -> None:
    """Runs both and writes the counts."""
    flags = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    flags.add_argument("--mutations", type=int, default=10_000)
    flags.add_argument("--polynomials", type=int, default=2_000)
    flags.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = flags.parse_args()
    jax.config.update("jax_enable_x64", True)
    found = {}
    for name, run, number in (
        ("mutations", mutations, asked.mutations),
        ("polynomials", polynomials, asked.polynomials),
    ):
        start = time.perf_counter()
        found[name] = {**run(number), "seconds": round(time.perf_counter() - start, 1)}
        print(name, json.dumps(found[name]), flush=True)
    asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
