"""docs/rates.md: its tables and its numbers are those of the record."""

from pathlib import Path

import pytest

from noflat.experiments.records import where

PAGE = (Path(__file__).parents[2] / "docs" / "rates.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def told(text, *numbers):
    said = text.format(*numbers)
    assert said in WORDS, said


def test_exponents(record):
    rows = record.tables["exponents"]
    for row in rows:
        numbers = row["exponent"], row["low"], row["high"]
        if row["kind"] == "triangulated":
            continue
        interval = "{:g} | {:.3f} [{:.3f}, {:.3f}] |".format(row["predicted"], *numbers)
        (line,) = (
            line
            for line in PAGE.splitlines()
            if line.startswith(f"| {row['inputs']} | {row['order']} | -")
        )
        assert interval in line
        assert abs(row["exponent"] / row["predicted"] - 1) <= 0.15
    told(
        "exponents of {:.3f}, {:.3f} and {:.3f} in their neurons",
        *(row["exponent"] for row in where(rows, kind="triangulated")),
    )


def test_savings_and_spans(record):
    row = where(record.tables["savings"], inputs=8, order=2)[0]
    told("an error of {:.1f} % of the span", 100 * row["relative_error"])
    told(
        "have {} parameters and the flat one {:.3g}, {:.3g} times as many",
        *(row[name] for name in ("deep", "flat", "ratio")),
    )
    spans = [
        max(row["span"] for row in where(record.tables["errors"], inputs=n, order=4))
        for n in (2, 8)
    ]
    told("from a span of {:.3g} for $n=2$ to {:.3g} for $n=8$", *spans)


def ratios(record, kind, inputs, order):
    rows = where(record.tables["errors"], kind=kind, inputs=inputs, order=order)
    return [row["certified"] / row["error"] for row in rows]


def test_certificates_and_networks(record):
    deep, flat = (ratios(record, kind, 8, 4) for kind in ("deep", "flat"))
    told("It is {:.1f} to {:.1f} times", min(deep), max(deep))
    told("and {:.0f} to {:.0f} times flat", min(flat), max(flat))
    assert ratios(record, "deep", 2, 2) == pytest.approx([1] * 28, abs=1e-3)
    rows = record.tables["networks"]
    last = max(rows, key=lambda row: row["neurons"])
    told("{} of them were built, the largest with {} neurons", len(rows), last["neurons"])
    told("and {} synapses in {} hidden layers", last["synapses"], last["hidden_layers"])


def test_circuits(record):
    rows = record.tables["circuits"]
    for bits in (4, 8, 12, 16, 24, 32, 33):
        root, power, sine = where(rows, bits=bits)
        cells = [root["gates"], root["depth"], root["neurons"]]
        for row in (power, sine):
            cells += [row[name] for name in ("gates", "depth", "neurons", "grid_parameters")]
        told("| {} | {}, {} | {} | {}, {} | {} | {} | {}, {} | {} | {} |", bits, *cells)
    worst = [
        max(row["error"] for row in where(rows, function=name)) for name in ("exponential", "sine")
    ]
    told("are {:.3f} and {:.3f} units of the last bit", *worst)
    (root,) = where(rows, function="square_root", bits=8)
    told("with {} neurons against {} entries", root["neurons"], 2**8)
    for name, text in (("exponential", "6 to 11"), ("sine", "2 to 5")):
        fitted = [r["steps"] for r in where(rows, function=name) if 8 <= r["bits"] <= 24]
        assert f"{min(fitted)} to {max(fitted)}" == text
        assert text in WORDS


def test_powers_and_crossings(record):
    root, power, sine = record.tables["crossings"]
    told("$p={:.2f}$ for the root (predicted 2)", root["power"])
    told("{:.2f} for the exponential and {:.2f} for the sine", power["power"], sine["power"])
    told("guard bits predict {:.2f} and {:.2f}", power["predicted"], sine["predicted"])
    told(
        "extrapolated to {} bits for the exponential and {} for the sine",
        power["extrapolated"],
        sine["extrapolated"],
    )
    told(
        "smaller from {} and from {} bits on",
        *(row["smaller_from"] for row in (power, sine)),
    )
    told("and loses from {} bits on", root["smaller_from"])
