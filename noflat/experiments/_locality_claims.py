"""What is predicted of locality and of sharing weights, beside what the tables say."""

from math import comb, log
from typing import Any

from noflat.experiments._claims import claim, every, farthest, none
from noflat.experiments._flags import Tables
from noflat.experiments.records import Row, where

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
    of = f"{row['cells']} of {row['of']} cells; residual {row['residual']:.2f}, of members "
    told = f"{of}{row['noise']:.2f}"
    interval = (row["low"], row["high"])
    note = f"{note}; {told}" if note else told
    return claim(name, formula, value, relation, row["exponent"], interval=interval, note=note)


def _of_inputs(tables: Tables) -> list[Row]:
    """Exponents in n of parities of k signs."""
    found = []
    once = {"task": "parity", "seen": "many"}
    for row in _laws(tables, "fcn", "inputs", **once):
        k = row["size"]
        name = f"FCN, parity of {k} signs: exponent of P* in n"
        note = "where one slope of order k - 1 stands out of the noise of the samples"
        found.append(_exponent(row, name, "k - 1", k - 1, f"within {_OFF}", note))
    rows = sorted(_laws(tables, "fcn", "inputs", **once), key=lambda row: row["size"])
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        grown = (last["exponent"] - first["exponent"]) / (last["size"] - first["size"])
        name = "FCN, parity: what one more sign adds to the exponent of P* in n"
        note = f"from {first['size']} to {last['size']} signs"
        found.append(claim(name, "1", 1.0, f"within {_OFF}", grown, note=note))
    for network in ("lcn", "cnn"):
        for row in _laws(tables, network, "inputs", **once):
            name = f"{_NAMES[network]}, parity of {row['size']} signs: exponent of P* in n"
            note = "functions of windows have dimension about n 2^(k-1)"
            found.append(_exponent(row, name, "1 + 0.1", 1.1, "<=", note))
    for row in _laws(tables, "fcn/lcn", "inputs", **once):
        name = f"FCN over LCN, parity of {row['size']} signs: exponent of the ratio in n, least"
        note = f"the lower end of the interval; the exponent is {row['exponent']:.2f}"
        found.append(claim(name, "> 0", 0.0, ">=", row["low"], note=note))
    return found


def _of_signs(tables: Tables) -> list[Row]:
    """Growth in k at the number of inputs where the most k were tried."""
    once = {"task": "parity", "seen": "many"}
    rows = _laws(tables, "lcn", "words", **once)
    if not rows:
        return []
    row = max(rows, key=lambda row: row["of"])
    n = row["inputs"]
    found = [_exponent(row, f"LCN at n = {n}: exponent of P* in 2^k", "1", 1.0, f"within {_OFF}")]
    cells = where(tables["ratios"], task="parity", inputs=n, seen="many", over="fcn")
    ratios = {row["size"]: row["ratio"] for row in cells}
    least, most = min(ratios), max(ratios)
    if least == most:
        return found
    grown = comb(n, most - 1) / comb(n, least - 1) / 2 ** (most - least)
    known = ratios[least] and ratios[most]
    return [
        *found,
        claim(
            f"FCN over LCN at n = {n}: the ratio at k = {most} over that at k = {least}",
            "C(n, k-1) / 2^(k-1), by turns",
            grown,
            ">=",
            ratios[most] / ratios[least] if known else None,
            note="what slopes at the start and windows predict",
        ),
    ]


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
                found.append(_exponent(row, name, "1 + 0.1", 1.1, "<="))
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
            note=f"{ratios['parity']:.2f} over {ratios['random']:.2f}; medians where not all cross",
        )
    ]


def _of_sharing(tables: Tables) -> list[Row]:
    """Sharing weights saves a constant or a factor of the places, and no more."""
    rows = where(tables["ratios"], over="lcn", under="cnn", seen="many")
    known = [row for row in rows if row["ratio"]]
    if not known:
        return []
    parity = [row["ratio"] for row in known if row["task"] == "parity"]
    found = [
        every(
            "LCN over CNN: targets where P* is at most as many times larger as there are places",
            [row["ratio"] <= row["places"] for row in known],
            note=f"{len(known)} of {len(rows)} targets, of which no member is off the grid",
        )
    ]
    if parity:
        note = f"least {min(parity):.2f}; 2 was said before as what counts as a constant"
        name = "LCN over CNN, parity: P* ratio, the largest"
        found.append(claim(name, "2", 2.0, "<=", max(parity), note=note))
        name = "LCN over CNN, parity: P* ratio, the least"
        note = "that sharing never costs samples"
        found.append(claim(name, "1", 1.0, ">=", min(parity), note=note))
    rows = where(tables["ratios"], over="fcn", task="parity", seen="many")
    pairs = [
        (one["ratio"], other["ratio"])
        for one in rows
        for other in where(known, inputs=one["inputs"], size=one["size"], task="parity")
        if one["ratio"]
    ]
    if pairs:
        name = "parity: targets where locality saves more than sharing does"
        found.append(every(name, [one > other for one, other in pairs], note="FCN/LCN > LCN/CNN"))
    return found


def _of_signals(tables: Tables) -> list[Row]:
    """The exponents that are stated for k patches of d numbers."""
    stated = {
        ("lcn", "patch"): ("1", 1.0, f"within {_OFF}", "k d below, k (k + d) above"),
        ("fcn", "places"): ("2", 2.0, f"within {_OFF}", "k^2 d"),
        ("fcn", "patch"): ("1", 1.0, f"within {_OFF}", "k^2 d"),
    }
    found = []
    letters = {"places": "k", "patch": "d"}
    for (network, factor), (formula, value, relation, note) in stated.items():
        for row in _laws(tables, network, factor, task="signal", seen="many"):
            name = f"{_NAMES[network]}, signal: exponent of P* in {letters[factor]}"
            found.append(_exponent(row, name, formula, value, relation, note))
    for row in _laws(tables, "lcn", "places", task="signal", seen="many"):
        name = "LCN, signal: exponent of P* in k"
        found.append(_exponent(row, f"{name}, at least", "1", 1.0, ">=", "k d"))
        found.append(_exponent(row, f"{name}, at most", "2", 2.0, "<=", "k (k + d)"))
    rows = [row for row in where(tables["complexities"], task="signal", network="cnn")]
    ratios = [row["samples"] / (row["places"] + row["size"]) for row in rows if row["samples"]]
    if len(ratios) > 1:
        name = "CNN, signal: P* over k + d, largest over least cell"
        found.append(claim(name, "1.5", 1.5, "<=", max(ratios) / min(ratios)))
    return found + _of_signal_ratios(tables)


def _of_signal_ratios(tables: Tables) -> list[Row]:
    """What locality and sharing save of a signal, over what the bounds leave of it."""
    found = []
    for row in _laws(tables, "fcn/lcn", "places", task="signal", seen="many"):
        name = "FCN over LCN, signal: exponent of the ratio in k, least"
        note = f"the lower end of the interval; the exponent is {row['exponent']:.2f}"
        found.append(claim(name, "> 0", 0.0, ">=", row["low"], note=note))
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
        note = "a lower bound over an upper bound, up to constants and logarithms"
        found.append(claim(f"{name}, the least", "1", 1.0, ">=", min(scaled), note=note))
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
