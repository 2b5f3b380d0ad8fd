"""What is predicted of locality and of sharing weights, beside what the tables say."""

from math import comb, exp, hypot, log
from statistics import linear_regression
from typing import Any

from noflat.experiments._claims import claim, every, farthest, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where

Interval = tuple[float, ...]
"""An estimate, and the low and the high end of its interval."""

_NAMES = {"lcn": "LCN", "cnn": "CNN", "fcn": "FCN"}
_OFF = 0.25
"""How far a fitted exponent may lie from the predicted one."""
_LARGE = 24
"""From so many inputs on slopes should fall as their power."""


def claims(tables: Tables) -> list[Row]:
    """What was predicted, beside what the tables say; of what was not run nothing is claimed."""
    return [
        *_of_inputs(tables),
        *_of_signs(tables),
        *_of_once(tables),
        *_of_random(tables),
        *_of_sharing(tables),
        *_of_signals(tables),
        *_of_gradients(tables["gradients"]),
        *_of_networks(tables),
        *_of_best(tables["best"]),
    ]


def _laws(tables: Tables, network: str, factor: str, **cells: Any) -> list[Row]:
    return where(tables["scaling"], network=network, factor=factor, **cells)


def _exponent(
    row: Row, name: str, formula: str, value: float, relation: str, note: str = ""
) -> Row:
    """The claim on a fitted exponent, with its interval."""
    interval = (row["low"], row["high"])
    note = "; ".join(filter(None, (note, _fit(row), _seen(interval, value, relation))))
    return claim(name, formula, value, relation, row["exponent"], interval=interval, note=note)


def _positive(row: Row, name: str, told: str = "") -> Row:
    """The claim that an exponent is above 0, its whole interval."""
    note = f"the lower end of the interval; the exponent is {row['exponent']:.2f}{told}"
    note = f"{note}; {_fit(row)}"
    return claim(f"{name}, least", "> 0", 0.0, ">=", row["low"], note=note)


def _fit(row: Row) -> str:
    """How well a law fits: a residual far above that of members makes the interval too narrow."""
    of = f"{row['cells']} of {row['of']} cells"
    return f"{of}; residual {row['residual']:.2f}, of members {row['noise']:.2f}"


def _seen(interval: tuple[float, float], value: float, relation: str) -> str:
    """What an interval says and a verdict, which reads the estimate alone, does not."""
    low, high = interval
    if relation.startswith("within"):
        return "" if low <= value <= high else "the interval excludes what is predicted"
    beyond = {"<=": high > value, ">=": low < value}.get(relation, False)
    return "the interval reaches beyond what is predicted" if beyond else ""


def _apart(one: Interval, other: Interval) -> Interval:
    r"""The difference of two independent estimates, each with the ends of its interval.

    $$\hat a-\hat b\ \mp\ \sqrt{(\hat a-a_\mp)^2+(\hat b-b_\pm)^2}.$$

    Reference:
        Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    (a, a_low, a_high), (b, b_low, b_high) = one, other
    return a - b, a - b - hypot(a - a_low, b - b_high), a - b + hypot(a - a_high, b - b_low)


def _of_inputs(tables: Tables) -> list[Row]:
    """Exponents in n of parities of k signs."""
    once = {"task": "parity", "seen": "many"}
    found = _of_slopes(_laws(tables, "fcn", "inputs", **once))
    for network in ("lcn", "cnn"):
        for row in _laws(tables, network, "inputs", **once):
            name = f"{_NAMES[network]}, parity of {row['size']} signs: exponent of P* in n"
            found.append(_of_windows(tables["complexities"], row, name))
    rows = _laws(tables, "fcn/lcn", "inputs", **once)
    name = "FCN over LCN, parity of {} signs: exponent of the ratio in n"
    for row in rows:
        k = row["size"]
        note = "slopes over windows"
        found.append(_exponent(row, name.format(k), "k - 2", k - 2, "=", note))
    return found + [_positive(row, name.format(row["size"])) for row in rows]


def _of_slopes(rows: list[Row]) -> list[Row]:
    """Where the slope of one weight stands out of the noise: the exponents of an FCN."""
    found = []
    rows = sorted(rows, key=lambda row: row["size"])
    for row in rows:
        k = row["size"]
        name = f"FCN, parity of {k} signs: exponent of P* in n"
        note = "where one slope of order k - 1 stands out of the noise of the samples"
        found.append(_exponent(row, name, "k - 1", k - 1, f"within {_OFF}", note))
    if len(rows) < 2:
        return found
    first, last = rows[0], rows[-1]
    ends = [tuple(row[name] for name in ("exponent", "low", "high")) for row in (last, first)]
    grown, low, high = (each / (last["size"] - first["size"]) for each in _apart(*ends))
    name = "FCN, parity: what one more sign adds to the exponent of P* in n"
    note = f"of the exponents above, from {first['size']} to {last['size']} signs"
    note = f"{note}; {_seen((low, high), 1.0, 'within')}".rstrip("; ")
    row = claim(name, "1", 1.0, f"within {_OFF}", grown, interval=(low, high), note=note)
    return [*found, row]


def _of_windows(cells: list[Row], row: Row, name: str) -> Row:
    """An exponent in n against that of the dimension of sums of functions of windows."""
    k = row["size"]
    known = where(cells, task="parity", network=row["network"], size=k, censored=0)
    inputs = [cell["inputs"] for cell in known]
    dimensions = [log((n - k + 2) * 2 ** (k - 1)) for n in inputs]
    most = linear_regression([log(n) for n in inputs], dimensions).slope
    note = "sums of functions of windows have that dimension"
    return _exponent(row, name, "that of (n - k + 2) 2^(k-1)", most, "<=", note)


def _of_signs(tables: Tables) -> list[Row]:
    """Growth in k at fixed n."""
    once = {"task": "parity", "seen": "many"}
    found = []
    for row in _laws(tables, "lcn", "words", **once):
        name = f"LCN at n = {row['inputs']}: exponent of P* in 2^k"
        found.append(_exponent(row, name, "1", 1.0, f"within {_OFF}"))
    for row in _laws(tables, "fcn/lcn", "words", **once):
        name = f"FCN over LCN at n = {row['inputs']}: exponent of the ratio in 2^k"
        told = f", a factor of {2 ** row['exponent']:.2f} a sign"
        found.append(_positive(row, name, told))
    cells = [row for row in where(tables["ratios"], over="fcn", **once) if row["ratio"]]
    for n in sorted({row["inputs"] for row in cells}):
        rows = sorted(where(cells, inputs=n), key=lambda row: row["size"])
        if len(rows) > 1:
            found.append(_growth(n, rows[0], rows[-1]))
    return found


def _growth(n: int, first: Row, last: Row) -> Row:
    """The ratio of FCN and LCN at the most signs over that at the fewest."""
    least, most = first["size"], last["size"]
    ends = [tuple(log(row[name]) for name in ("ratio", "low", "high")) for row in (last, first)]
    grown, low, high = map(exp, _apart(*ends))
    predicted = comb(n, most - 1) / comb(n, least - 1) / 2 ** (most - least)
    note = "what slopes at the start and windows predict"
    return claim(
        f"FCN over LCN at n = {n}: the ratio at k = {most} over that at k = {least}",
        "C(n, k-1) / 2^(k-1), by turns",
        predicted,
        ">=",
        grown,
        interval=(low, high),
        note=note,
    )


def _of_once(tables: Tables) -> list[Row]:
    """Networks that see every sample once."""
    found = []
    for network in ("fcn", "lcn"):
        for row in _laws(tables, network, "inputs", task="parity", seen="once"):
            k = row["size"]
            name = f"{_NAMES[network]}, parity of {k} signs, seen once: exponent of samples in n"
            if network == "fcn":
                found.append(_exponent(row, name, "k - 1", k - 1, f"within {_OFF}"))
            else:
                found.append(_of_windows(tables["once"], row, name))
    return found


def _of_random(tables: Tables) -> list[Row]:
    """A random pattern has correlations with single inputs, and locality should save less."""
    random = where(tables["complexities"], task="random")
    if not random:
        return []
    n = max(row["inputs"] for row in random)
    ratios = {}
    for task in ("parity", "random"):
        rows = where(tables["complexities"], inputs=n, size=random[0]["size"], task=task)
        found = {row["network"]: row["samples"] for row in rows}
        if not (found.get("fcn") and found.get("lcn")):
            return []
        ratios[task] = found["fcn"] / found["lcn"]
    return [
        claim(
            f"FCN over LCN at n = {n}: the ratio of parity over that of random patterns",
            "1",
            1.0,
            ">=",
            ratios["parity"] / ratios["random"],
            note=f"{ratios['parity']:.2f} over {ratios['random']:.2f}; medians where not all "
            "cross, so there is no interval",
        )
    ]


def _of_sharing(tables: Tables) -> list[Row]:
    """Sharing weights saves a constant or a factor of the places, and no more."""
    rows = where(tables["ratios"], over="lcn", under="cnn", seen="many")
    known = [row for row in rows if row["ratio"]]
    signal = where(known, task="signal")
    parity = where(known, task="parity")
    patterns = [row for row in known if row["task"] != "signal"]
    found = []
    for kind, chosen in (("patterns", patterns), ("signal", signal)):
        if chosen:
            name = f"LCN over CNN, {kind}: targets whose ratio is at most the places"
            holds = [row["high"] <= row["places"] for row in chosen]
            below = sum(row["ratio"] <= row["places"] for row in chosen)
            note = f"the upper end of its interval; the ratio itself in {below} of {len(chosen)}"
            found.append(every(name, holds, note=note))
    if signal:
        name = "LCN over CNN, signal: targets whose ratio is above 1"
        note = "the lower end of its interval"
        found.append(every(name, [row["low"] > 1 for row in signal], note=note))
    if parity:
        name = "LCN over CNN, parity: upper end of the ratio, the largest"
        largest = max(row["ratio"] for row in parity)
        note = f"the largest ratio is {largest:.2f}; 2 is taken here for what counts as a constant"
        found.append(claim(name, "2", 2.0, "<=", max(row["high"] for row in parity), note=note))
        least = min(parity, key=lambda row: row["ratio"])
        name = "LCN over CNN, parity: P* ratio, the least"
        interval = (least["low"], least["high"])
        note = "that sharing never costs samples"
        found.append(claim(name, "1", 1.0, ">=", least["ratio"], interval=interval, note=note))
    return found + _of_both(tables, parity)


def _of_both(tables: Tables, shared: list[Row]) -> list[Row]:
    """Locality saves more than sharing does, of parities."""
    pairs = [
        (one["low"], other["high"])
        for one in where(tables["ratios"], over="fcn", task="parity", seen="many")
        for other in where(shared, inputs=one["inputs"], size=one["size"])
        if one["ratio"]
    ]
    name = "parity: targets where locality saves more than sharing does"
    note = "the interval of FCN over LCN lies above that of LCN over CNN"
    return [every(name, [one > other for one, other in pairs], note=note)] if pairs else []


def _of_signals(tables: Tables) -> list[Row]:
    """The exponents that are stated for k patches of d numbers."""
    near = f"within {_OFF}"
    stated = {
        ("lcn", "places"): ("1 to 2", 1.5, "within 0.3334", "k d below, k (k + d) above"),
        ("lcn", "patch"): ("1", 1.0, near, "k d below, k (k + d) above"),
        ("fcn", "places"): ("2", 2.0, near, "k^2 d"),
        ("fcn", "patch"): ("1", 1.0, near, "k^2 d"),
    }
    found = []
    letters = {"places": "k", "patch": "d"}
    for (network, factor), (formula, value, relation, note) in stated.items():
        for row in _laws(tables, network, factor, task="signal", seen="many"):
            name = f"{_NAMES[network]}, signal: exponent of P* in {letters[factor]}"
            found.append(_exponent(row, name, formula, value, relation, note))
    rows = [row for row in where(tables["complexities"], task="signal", network="cnn")]
    ratios = [row["samples"] / (row["places"] + row["size"]) for row in rows if row["samples"]]
    if len(ratios) > 1:
        name = "CNN, signal: P* over k + d, largest over least cell"
        note = f"{len(ratios)} targets, {min(ratios):.2f} to {max(ratios):.2f}"
        found.append(claim(name, "1.5", 1.5, "<=", max(ratios) / min(ratios), note=note))
    return found + _of_signal_ratios(tables)


def _of_signal_ratios(tables: Tables) -> list[Row]:
    """What locality and sharing save of a signal, over what the bounds leave of it."""
    found = []
    for row in _laws(tables, "fcn/lcn", "places", task="signal", seen="many"):
        found.append(_positive(row, "FCN over LCN, signal: exponent of the ratio in k"))
    for over, under in (("fcn", "lcn"), ("lcn", "cnn")):
        rows = where(tables["ratios"], task="signal", over=over, under=under, seen="many")
        rows = [row for row in rows if row["ratio"]]
        if len({(row["places"], row["size"]) for row in rows}) < 3:
            continue
        scaled = [r["ratio"] * (r["places"] + r["size"]) / (r["places"] * r["size"]) for r in rows]
        name = f"{_NAMES[over]} over {_NAMES[under]}, signal: ratio over kd/(k + d)"
        note = f"{len(rows)} targets, {min(scaled):.2f} to {max(scaled):.2f}"
        spread = max(scaled) / min(scaled)
        found.append(claim(f"{name}, largest over least", "1.5", 1.5, "<=", spread, note=note))
    return found


def _of_gradients(rows: list[Row]) -> list[Row]:
    sampled = [row for row in rows if row["error"]]
    far = [abs(row["sampled"] - row["exact"]) > 4 * row["error"] for row in sampled]
    found = [
        none(
            "slopes of fresh neurons: more than 4 standard errors from the closed form",
            sum(far),
            note=f"{len(sampled)} mean squares, over all words and sets",
        ),
        none(
            "slopes of fresh neurons: mean squares above the bound of Parseval",
            sum(row["exact"] > row["bound"] for row in rows),
            note=f"{len(rows)} mean squares; rounding is about 1e-16",
        ),
    ]
    for size in sorted({row["size"] for row in rows}):
        known = [r for r in where(rows, size=size, of="weight") if r["inputs"] >= _LARGE]
        first, last = known[0], known[-1]
        power = log(last["exact"] / first["exact"]) / log(last["inputs"] / first["inputs"])
        seen = f"n from {first['inputs']} to {last['inputs']}"
        name = f"FCN, parity of {size} signs: exponent in n of a weight's mean square slope"
        found.append(claim(name, "-(k - 1)", 1 - size, "within 0.1", power, note=seen))
    return found


def _of_networks(tables: Tables) -> list[Row]:
    built = tables["built"]
    found = [
        none(
            "words that locally connected networks written down get wrong",
            sum(row["wrong"] for row in built),
            note=f"{sum(row['words'] for row in built)} words of {len(built)} networks",
        ),
        every(
            "networks written down with as many neurons as the formula says",
            [row["neurons"] == row["formula"] for row in built],
            formula="k for parity, 2^(k-1) for any",
        ),
    ]
    for size in sorted({row["size"] for row in tables["channels"]}):
        rows = where(tables["channels"], size=size)
        enough = [row["channels"] for row in rows if row["share"] >= 0.5]
        found.append(
            claim(
                f"LCN, parity of {size} signs: fewest channels of which half the members learn it",
                "k, as written down",
                size,
                ">=",
                min(enough, default=None),
                note=f"{rows[0]['samples']} samples, {rows[0]['members']} members",
            )
        )
    return found


def _of_best(rows: list[Row]) -> list[Row]:
    parity = [row["measured"] / row["linear"] for row in rows if row["task"] == "parity"]
    signal = [row["measured"] / row["linear"] for row in rows if row["task"] == "signal"]
    name = "best linear classifier: measured accuracy over the formula, farthest from 1"
    found = []
    if parity:
        found.append(claim(f"{name}, parity", "1", 1, "within 1e-3", farthest(parity)))
    if signal:
        found.append(claim(f"{name}, signal", "1", 1, "within 0.01", farthest(signal)))
    return found
