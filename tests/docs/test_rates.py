"""docs/rates.md: its tables and its numbers are those of the record."""

import numpy as np
import pytest
from pages import Page

from noflat.experiments.records import where
from noflat.targets.boolean.fixed_point import quantized

PAGE = Page("rates")
told = PAGE.told


def test_exponents(record):
    rows = record.tables["exponents"]
    for row in rows:
        numbers = row["exponent"], row["low"], row["high"]
        if row["kind"] == "triangulated":
            continue
        interval = "{:g} | {:.3f} [{:.3f}, {:.3f}] |".format(row["predicted"], *numbers)
        (line,) = (
            line
            for line in PAGE.text.splitlines()
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
    """Certified over the largest error of all members, for each grid."""
    rows = where(record.tables["errors"], kind=kind, inputs=inputs, order=order)
    rungs = [where(rows, cells=cells) for cells in sorted({row["cells"] for row in rows})]
    return [rung[0]["certified"] / max(row["error"] for row in rung) for rung in rungs]


def test_certificates_and_networks(record):
    deep, flat = (ratios(record, kind, 8, 4) for kind in ("deep", "flat"))
    told("it is {:.1f} to {:.1f} times the error deep", min(deep), max(deep))
    told("and {:.0f} to {:.0f} times flat", min(flat), max(flat))
    for kind in ("deep", "triangulated"):
        assert ratios(record, kind, 2, 2) == pytest.approx([1] * 7, abs=1e-3)
    four, eight = (ratios(record, "triangulated", n, 2) for n in (4, 8))
    told("it is {:.1f} to {:.1f} times the error for $n=4$", min(four), max(four))
    told("and {:.1f} to {:.1f} times for $n=8$", min(eight), max(eight))
    rows = record.tables["networks"]
    last = max(rows, key=lambda row: row["neurons"])
    told("{} of them were built, the largest with {} neurons", len(rows), last["neurons"])
    told("and {} synapses in {} hidden layers", last["synapses"], last["hidden_layers"])


def test_circuits(record):
    rows = record.tables["circuits"]
    for bits in (4, 8, 12, 16, 24, 32, 33):
        root, power, sine = where(rows, bits=bits)
        cells = [root[name] for name in ("gates", "depth", "neurons", "graded_parameters")]
        for row in (power, sine):
            cells += [row[name] for name in ("gates", "depth", "neurons", "grid_parameters")]
        told("| {} | {}, {} | {} | {} | {}, {} | {} | {} | {}, {} | {} | {} |", bits, *cells)
    worst = [
        max(row["error"] for row in where(rows, function=name)) for name in ("exponential", "sine")
    ]
    told("are {:.3f} and {:.3f} units of the last bit", *worst)
    for name, text in (("exponential", "6 to 11"), ("sine", "2 to 5")):
        fitted = [r["steps"] for r in where(rows, function=name) if 8 <= r["bits"] <= 24]
        assert f"{min(fitted)} to {max(fitted)}" == text
        assert text in PAGE.words


def test_powers_and_crossings(record):
    root, power, sine = record.tables["crossings"]
    told("$p={:.2f}$ for the root (predicted 2)", root["power"])
    told("{:.2f} for the exponential and {:.2f} for the sine", power["power"], sine["power"])
    told("guard bits predict {:.2f} and {:.2f}", power["predicted"], sine["predicted"])
    told(
        "extrapolated to {} bits for the root against graded cells, {} for the exponential and {}",
        *(row["extrapolated"] for row in (root, power, sine)),
    )
    told(
        "those from {}, from {} and from {} bits on are smaller",
        *(row["smaller_from"] for row in (root, power, sine)),
    )


def test_graded_cells_move_the_sine(record):
    x = np.linspace(0, 1, 100_001)
    shares = [np.sqrt(f(x)).mean() / np.sqrt(f(1)) for f in (np.exp, np.sin)]
    told("would take {:.0f} % and {:.0f} % as many", *(100 * share for share in shares))
    found = []
    for name, share in zip(("exponential", "sine"), shares, strict=True):
        rows = where(record.tables["circuits"], function=name)
        smaller = [r["bits"] for r in rows if r["neurons"] < share * r["grid_parameters"]]
        found.append(min(smaller))
    assert found == [33, 34]
    told("which moves the sine to {} bits", found[1])


def on_words(bits, cells):
    """The largest error on words of a root on equal cells, in units of the last bit."""
    x, lines = np.arange(2**bits) / 2**bits, np.arange(cells + 1) / cells
    return 2**bits * np.abs(np.interp(x, lines, np.sqrt(lines)) - np.sqrt(x)).max()


@pytest.mark.parametrize("bits", [4, 6, 8, 10])
def test_equal_cells_of_a_root_on_words(record, bits):
    cells = (2 ** (bits // 2) - 1) ** 2
    assert on_words(bits, cells) <= 1 + 1e-9
    # at the word next to 0 the error in units is 2^(b/2) less the root of the number of cells
    assert all(2 ** (bits / 2) - fewer**0.5 > 1 for fewer in range(1, cells))
    (row,) = where(record.tables["circuits"], function="square_root", bits=bits)
    if bits in (6, 8):
        told(f"{cells} at {bits}")
    if bits == 8:
        told("with {} neurons against {} entries", row["neurons"], 2**bits)
        told("but not than the {} of equal cells", cells + 1)
        assert cells + 1 < row["neurons"] < 2**bits
    if bits == 10:
        told("with {} against {}.", row["neurons"], cells + 1)
        assert row["neurons"] < cells + 1


def test_off_the_words_a_root_is_far_off():
    bits = 12
    assert quantized("square_root", bits).on_integers(0) == (0,)
    assert r"is off by $64\cdot 2^{-12}$" in PAGE.words
    assert 2**bits * (2.0**-bits) ** 0.5 == 64


def test_relus_of_a_tree_whose_line_is_known():
    told("two ReLUs for each node")
    told("exactly, {} for $n=8$", 2 * (8 - 1))
