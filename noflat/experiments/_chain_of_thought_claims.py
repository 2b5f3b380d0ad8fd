"""The claims of the experiment on chains of thought, from its rows alone."""

from statistics import fmean, median

from scipy.stats import norm

from noflat.experiments._claims import claim, every, farthest, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where
from noflat.measure.fits import mean_interval
from noflat.measure.scaling import scaling_fit
from noflat.targets.boolean.ciphers import BITS

_SPREAD = 3.0
"""Standard deviations of a fair guess within which an accuracy is one."""
_ENDS = (0.005, 0.5, 0.995)
"""Shares of random tables whose largest correlation is below the ends and the middle."""
_SAMPLES = "told: samples at which 5 % of parities are wrong"


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
    most = max(row["k"] for row in rows)
    trained = [row["trained_accuracy"] for row in where(rows, k=most)]
    return [
        none(
            "built in: words on which the network of a parity is wrong",
            sum(row["wrong"] for row in where(rows, member=0)),
            note=f"k up to {most}, no sample",
        ),
        every(
            "built in: networks of parities with two neurons per product",
            [row["neurons"] == 2 * (row["k"] - 1) for row in where(rows, member=0)],
            formula="2(k - 1)",
        ),
        claim(
            f"built in: accuracy on all words where that wiring of {most} bits is trained: median",
            "0.95",
            0.95,
            ">=",
            median(trained),
            note=f"least {min(trained):.3g}, most {max(trained):.3g} of {len(trained)} networks, "
            f"{rows[0]['steps']} steps",
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
    rounded = [row["rounded_accuracy"] for row in here]
    direct = [row["direct_accuracy"] for row in rows]
    identified = [row for row in rows if row["samples"] >= row["identified_from"]]
    said = f"told: accuracy after one step, d = {d}, k = {d // 2}, {samples} samples"
    return [
        claim(
            f"{said}, tokens rounded: least",
            "0.95",
            0.95,
            ">=",
            min(rounded) if rounded else None,
            note=f"{len(rounded)} trees",
        ),
        claim(
            f"{said}, tokens not rounded: mean",
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
        every(
            "told: steps after which the two largest logits of every target are its children, from "
            "n = 8T ln(TK) on",
            [row["children_found"] == 1 for row in identified],
            note="a row per d, samples and tree",
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
    found, ends = [], []
    for rounded, read in ((0, "not rounded"), (1, "rounded")):
        mine = where(rows, rounded=rounded, censored=0)
        measured = sorted(where(mine, kind="measured"), key=lambda row: row["d"])
        modeled = {row["d"]: row["samples"] for row in where(mine, kind="modeled")}
        cells = [list(map(float, row["of_trees"].split())) for row in measured]
        dimensions = [row["d"] for row in measured]
        fit = scaling_fit(cells, {"d": dimensions}).exponents["d"] if len(cells) > 1 else None
        ends.append(fit.high if fit else None)
        ratios = [row["samples"] / modeled[row["d"]] for row in measured if modeled.get(row["d"])]
        overs = [row["samples"] / row["d"] for row in measured]
        found += [
            claim(
                f"{_SAMPLES}, tokens {read}: exponent in d",
                "1, the linear law",
                1.0,
                "within 0.15",
                fit.value if fit else None,
                interval=(fit.low, fit.high) if fit else None,
                note=f"d = {', '.join(map(str, dimensions))}; k = d/2",
            ),
            claim(
                f"{_SAMPLES}, tokens {read}: over those of signal and Gaussian noise alone, "
                "farthest from 1",
                "1",
                1.0,
                "within 0.25",
                farthest(ratios) if ratios else None,
                note=", ".join(f"{ratio:.2f}" for ratio in ratios),
            ),
            claim(
                f"{_SAMPLES}, tokens {read}: over d, most",
                "128",
                128.0,
                "within 0.5",
                max(overs, default=None),
                note=", ".join(f"{over:.0f}" for over in overs),
            ),
        ]
    most = max(ends) if None not in ends else None
    said = f"{_SAMPLES}: upper end of both exponents, against what is guaranteed"
    return [*found, claim(said, "2 + eps", 2.0, "<=", most)]


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
    found = []
    for d in sorted({row["d"] for row in rows}):
        mine = where(rows, d=d)
        accuracies = [row["accuracy"] for row in mine]
        found.append(
            claim(
                f"told without teacher forcing: accuracy at d = {d}, one step per level: least",
                "0.95",
                0.95,
                ">=",
                min(accuracies),
                note=f"mean {fmean(accuracies):.3g}; {mine[0]['levels']} steps, "
                f"{mine[0]['samples']} samples, {len(mine)} trees",
            )
        )
    return found


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
            f"hidden: accuracy on new words after {fewest} round, its synapses of {most} rounds: "
            "least",
            "0.95",
            0.95,
            ">=",
            min(accuracies(fewest, "last")),
            note=f"mean {fmean(accuracies(fewest, 'last')):.3g}: whether the shape trains at all",
        ),
        *(_as_random(rows, rounds) for rounds in sorted({row["rounds"] for row in rows})[-2:]),
    ]


def _as_random(rows: list[Row], rounds: int) -> Row:
    """The claim that no parity tells the cipher from a random table."""
    count = 2**BITS
    low, middle, high = (
        float(norm.ppf((1 + share ** (1 / count)) / 2)) / count**0.5 for share in _ENDS
    )
    found = where(rows, rounds=rounds)[0]["largest_correlation"]
    return claim(
        f"hidden: largest correlation of {rounds} rounds with any parity",
        "median of a random table",
        middle,
        "=",
        found,
        interval=(found + middle - high, found + middle - low),
        note=f"of a random table 99 % of the time from {low:.3g} to {high:.3g}",
    )
