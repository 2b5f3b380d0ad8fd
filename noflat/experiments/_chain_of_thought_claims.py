"""The claims of the experiment on chains of thought, from its rows alone."""

from math import log
from statistics import fmean, median

from noflat.experiments._claims import claim, every, farthest, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where
from noflat.measure.fits import mean_interval
from noflat.measure.scaling import scaling_fit

_SPREAD = 3.0
"""Standard deviations of a fair guess within which an accuracy is one."""


def claims(tables: Tables) -> list[Row]:
    """What was predicted beside what was found."""
    return [
        *_of_wired(tables["wired"]),
        *_of_unknown(tables["unknown"]),
        *_of_one_step(tables["one_step"], tables["memorized"]),
        *_of_samples(tables["complexities"]),
        *_of_moments(tables["moments"]),
        *_of_levels(tables["levels"]),
        *_of_transformer(tables["transformer"]),
        *_of_cipher(tables["pseudorandom"]),
    ]


def _of_wired(rows: list[Row]) -> list[Row]:
    return [
        none(
            "built in: words on which the network of a parity is wrong",
            sum(row["wrong"] for row in where(rows, member=0)),
            note=f"k up to {max(row['k'] for row in rows)}, no sample",
        ),
        every(
            "built in: networks of parities with two neurons per product",
            [row["neurons"] == 2 * (row["k"] - 1) for row in where(rows, member=0)],
            formula="2(k - 1)",
        ),
    ]


def _of_unknown(rows: list[Row]) -> list[Row]:
    def share(name: str, chosen: list[Row]) -> Row:
        learned = [row["learned"] for row in chosen]
        return every(name, [bool(one) for one in learned], note=f"{len(chosen)} networks")

    parities = where(rows, target="parity")
    steps = rows[0]["steps"]
    stairs = [row for row in rows if row["target"] != "parity"]
    few = [row for row in parities if row["k"] <= 5]
    many = [row for row in parities if row["k"] >= 7]
    return [
        share(f"unknown: parities of at most 5 bits learned in {steps} steps", few),
        none(
            f"unknown: parities of 7 bits or more learned in {steps} steps",
            sum(row["learned"] for row in many) if many else None,
            note=f"{len(many)} networks",
        ),
        share(f"unknown: staircases learned in {steps} steps, of leaps 1 and 2", stairs),
    ]


def _of_one_step(rows: list[Row], memorized: list[Row]) -> list[Row]:
    d = memorized[0]["d"]
    samples = memorized[0]["samples"]
    here = where(rows, d=d, samples=samples)
    accuracies = [row["accuracy"] for row in here]
    direct = [row["direct_accuracy"] for row in rows]
    identified = [row for row in rows if row["samples"] >= row["identified_from"]]
    return [
        claim(
            f"told: accuracy after one step on a chain of thought, d = {d}, k = {d // 2}, "
            f"{samples} samples: mean",
            "0.95",
            0.95,
            ">=",
            fmean(accuracies) if accuracies else None,
            interval=mean_interval(accuracies) if accuracies else None,
            note=f"median {median(accuracies):.3g}, least {min(accuracies):.3g} of "
            f"{len(accuracies)} trees"
            if accuracies
            else "",
        ),
        _guess(
            "not told: accuracy of the same step on the last token alone: mean of all samples",
            direct,
            sum(row["tested"] for row in rows),
        ),
        _guess(
            f"not told: accuracy on new words of a fully connected network trained on {samples}",
            [row["test_accuracy"] for row in memorized],
            sum(row["tested"] for row in memorized),
            note=f"on those seen {fmean(row['train_accuracy'] for row in memorized):.3g}",
        ),
        claim(
            "told: share of targets whose two largest logits are their children, from "
            "n = 4T ln(TK) on: mean",
            "1",
            1.0,
            "within 0.01",
            fmean(row["children_found"] for row in identified) if identified else None,
            note=f"{len(identified)} rows",
        ),
    ]


def _guess(name: str, accuracies: list[float], tested: int, note: str = "") -> Row:
    """The claim that a mean accuracy is one half, up to what fair guesses scatter."""
    room = _SPREAD * 0.5 / tested**0.5
    mean = fmean(accuracies)
    said = f"a fair guess is within {room:.2g}"
    return claim(
        name,
        "1/2",
        0.5,
        "=",
        mean,
        interval=(mean - room, mean + room),
        note=f"{said}; {note}" if note else said,
    )


def _of_samples(rows: list[Row]) -> list[Row]:
    measured = where(rows, kind="measured")
    full = [row for row in measured if not row["censored"]]
    fitted = None
    if len(full) > 1:
        cells = [list(map(float, row["of_trees"].split())) for row in full]
        fitted = scaling_fit(cells, {"d": [row["d"] for row in full]}).exponents["d"]
    ratios = [
        row["samples"] / where(rows, kind="modelled", d=row["d"])[0]["samples"]
        for row in full
        if where(rows, kind="modelled", d=row["d"])[0]["samples"]
    ]
    name = "told: exponent in d of the samples at which 5 % of parities are wrong"
    value = fitted.value if fitted else None
    note = f"d = {', '.join(str(row['d']) for row in full)}; k = d/2"
    return [
        claim(name, "1, the linear law", 1.0, "within 0.15", value,
              interval=(fitted.low, fitted.high) if fitted else None, note=note),
        claim(f"{name}, against what is guaranteed", "2 + eps", 2.0, "<=",
              fitted.high if fitted else None, note="the upper end of its interval"),
        claim("told: these samples over those of signal and Gaussian noise alone: farthest from 1",
              "1", 1.0, "within 0.25", farthest(ratios) if ratios else None,
              note=", ".join(f"{ratio:.2f}" for ratio in ratios)),
        claim("told: these samples over d: most", "128", 128.0, "within 0.5",
              max((row["samples"] / row["d"] for row in full), default=None),
              note=", ".join(f"{row['samples'] / row['d']:.0f}" for row in full)),
    ]  # fmt: skip


def _of_moments(rows: list[Row]) -> list[Row]:
    found = []
    for name in ("signal", "noise"):
        # rms over the tokens of a row scatters by the root of their number
        pairs = [(row[name], row[f"predicted_{name}"]) for row in rows]
        found.append(
            claim(
                f"told: {name} of one step over its closed form, mean over targets",
                "1",
                1.0,
                "within 0.1",
                fmean(one / other for one, other in pairs),
                note=f"{len(rows)} targets; limit for large T "
                f"{'8/T^2' if name == 'signal' else '8 sqrt(2) T^(-3/2)'}",
            )
        )
    return found


def _of_levels(rows: list[Row]) -> list[Row]:
    largest = max(row["d"] for row in rows)
    mine = where(rows, d=largest)
    return [
        claim(
            f"told without teacher forcing: accuracy at d = {largest} after one step per level: "
            "least",
            "0.95",
            0.95,
            ">=",
            min(row["accuracy"] for row in mine),
            note=f"{mine[0]['levels']} steps, {mine[0]['samples']} samples, {len(mine)} trees",
        )
    ]


def _of_transformer(rows: list[Row]) -> list[Row]:
    last = [row for row in rows if row["steps"] == max(row["steps"] for row in rows)]
    told, alone = where(last, chain=1), where(last, chain=0)
    ahead = [row for row in rows if row["chain"] == 0]
    d, k = last[0]["d"], last[0]["k"]
    drop = [_drops_together(where(rows, chain=1, member=row["member"])) for row in told]
    return [
        claim(
            f"told: accuracy of a transformer with the chain of thought, d = {d}, k = {k}: least",
            "0.95",
            0.95,
            ">=",
            min(row["accuracy"] for row in told),
            note=f"{last[0]['steps']} steps, {len(told)} networks",
        ),
        _guess(
            "not told: accuracy of the same transformer without it: mean of the second half",
            [row["accuracy"] for row in ahead if 2 * row["steps"] > last[0]["steps"]],
            sum(row["tested"] for row in ahead if 2 * row["steps"] > last[0]["steps"]),
            note=f"{len(alone)} networks",
        ),
        every(
            "told: transformers whose attention has lost half of its fall in entropy by the check "
            "at which accuracy passes 0.75",
            drop,
        ),
    ]


def _drops_together(curve: list[Row]) -> bool:
    curve = sorted(curve, key=lambda row: row["steps"])
    start, end = curve[0]["entropy"], min(row["entropy"] for row in curve)
    jump = next((row for row in curve if row["accuracy"] > 0.75), None)
    return jump is not None and start > end and jump["entropy"] <= (start + end) / 2


def _of_cipher(rows: list[Row]) -> list[Row]:
    most, fewest = max(row["rounds"] for row in rows), min(row["rounds"] for row in rows)
    first = [row for row in rows if row["member"] == 0]

    def accuracies(rounds: int, shape: str) -> list[float]:
        return [row["test_accuracy"] for row in where(rows, rounds=rounds, shape=shape)]

    def guess(shape: str, said: str) -> Row:
        mine = where(rows, rounds=most, shape=shape)
        return _guess(
            f"hidden: accuracy on new words of the shape of {most} rounds, {said}",
            [row["test_accuracy"] for row in mine],
            sum(row["tested"] for row in mine),
            note=f"on those seen {fmean(row['train_accuracy'] for row in mine):.3g}; "
            f"{mine[0]['neurons']} neurons, {mine[0]['train']} words",
        )

    return [
        none(
            "hidden: words on which a cipher's network is wrong",
            sum(row["wrong"] for row in first),
            note=f"all 65536, of {len(set(row['rounds'] for row in rows))} numbers of rounds",
        ),
        guess("synapses", "its own synapses"),
        guess("full", "all synapses that its layers have room for"),
        claim(
            f"hidden: accuracy on new words after {fewest} round, all synapses: least",
            "0.95",
            0.95,
            ">=",
            min(accuracies(fewest, "full")),
            note="the same training finds what depends on four bits",
        ),
        claim(
            f"hidden: largest correlation of {most} rounds with any parity, over that of a random "
            "table",
            "sqrt(2 ln(2^16) / 2^16)",
            (2 * log(2**16) / 2**16) ** 0.5,
            "within 0.5",
            where(rows, rounds=most)[0]["largest_correlation"],
        ),
    ]
