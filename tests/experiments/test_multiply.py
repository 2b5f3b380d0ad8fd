"""The experiment: its rows, its verdicts, its command line and its committed record."""

import itertools
import json
import math
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from spoiled import check_claims

from noflat import verify
from noflat.experiments import multiply
from noflat.experiments.__main__ import experiments
from noflat.experiments._products import bounds, certificates
from noflat.experiments.multiply import PRESETS, Settings, holds, run, settings_from
from noflat.experiments.records import read

ROOT = Path(__file__).parents[2]
PASSING = {
    "n": 3,
    "activation": "exp",
    "convention": "bias_free",
    "predicted": 8,
    "lower_bound": 8,
    "measured": 8,
    "constructed": 8,
    "error_below": 0.4,
    "error_at": 0.001,
}


@pytest.fixture(scope="module")
def smoke():
    seen = []
    return run(PRESETS["smoke"], lambda *done_of_total: seen.append(done_of_total)), seen


def test_smoke(smoke):
    tables, seen = smoke
    assert [row["verdict"] for row in tables["results"]] == ["pass", "pass"]
    assert [row["measured"] for row in tables["results"]] == [4, 2]
    total = len(tables["widths"])
    assert sorted(seen) == [(done, total) for done in range(1, total + 1)]
    for row in tables["results"]:
        assert row["lower_bound"] <= row["measured"] <= row["constructed"]
        assert row["constructed_error"] < 1e-3
        assert row["tree_error"] < 1e-3
        assert row["flat_over_deep"] == row["constructed"] / row["tree"]


def test_an_end_from_outside_ends_every_thread():
    seen = []

    def interrupt(done, total):
        seen.append(done)
        raise KeyboardInterrupt

    settings = replace(PRESETS["smoke"], restarts=1, steps=2, cases=multiply._CASES, n=(2, 3))
    with pytest.raises(KeyboardInterrupt):
        run(settings, interrupt)
    # each setting under way ends after its width; the others do not begin
    assert 1 <= len(seen) <= 2 * (os.cpu_count() or 1)
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]


def test_trained_errors_respect_the_certified_floor(smoke):
    tables = smoke[0]
    key = ("n", "activation", "convention", "width")
    trained = {tuple(row[k] for k in key): row["best_error"] for row in tables["widths"]}
    floors = {tuple(row[k] for k in key): row["error_floor"] for row in tables["floors"]}
    assert {width for *_, width in floors} == {1, 2, 3}  # exp; nothing is known of gelu here
    for setting, floor in floors.items():
        # the floor is for the law; 8192 Sobol points stand for it to a percent
        assert trained[setting] >= 0.99 * floor


def test_counts_agree_with_the_constructions(smoke):
    from noflat import grouped_product, product_tree

    table = {row["n"]: row for row in smoke[0]["counts"]}
    for n in (2, 3, 5, 8, 12):
        assert table[n]["tree"] == product_tree(n, "exp").neurons
        for layers in (2, 3):
            expected = None if layers >= n else grouped_product(n, layers, "exp").neurons
            assert table[n][f"grouped_{layers}"] == expected


@pytest.mark.parametrize(
    "change",
    [
        {"measured": None},
        {"measured": 7},
        {"measured": 9},
        {"lower_bound": 9},
        {"constructed": 7},
        {"error_at": 0.01},
    ],
)
def test_verdict_can_fail(change):
    assert holds(PASSING)
    assert not holds(PASSING | change)


def test_verdict_asks_less_of_other_conventions():
    assert holds(PASSING | {"convention": "output_bias", "error_at": 0.01})
    assert not holds(PASSING | {"convention": "output_bias", "error_at": 0.03})
    assert holds(PASSING | {"predicted": None, "measured": 8, "constructed": 9, "error_at": 0.4})


def test_committed_record():
    """What is committed is what the code would write: settings, shape, verdicts."""
    record = read(ROOT / "experiments" / "multiply", "multiply")
    settings = _settings(record)
    results = record.tables["results"]
    cases = {tuple(case) for case in settings.cases}
    assert {(r["activation"], r["convention"]) for r in results} == cases
    assert {row["n"] for row in results} == set(settings.n)
    for row in results:
        assert row["verdict"] == ("pass" if holds(row) else "fail")
    predicted = {(r["activation"], r["convention"], r["n"]): r["predicted"] for r in results}
    for case, n in itertools.product(multiply._CASES, (2, 3, 4)):
        assert predicted[(*case, n)] == _theory(*case, n)
    exact = {key: record.tables["counts"][0][key] for key in ("n", "cube", "tree")}
    assert exact == {"n": 2, "cube": 4, "tree": 4}
    assert [row["verdict"] for row in results] == ["pass"] * len(results)


def _settings(record):
    """The settings in a record: JSON knows lists only, settings are tuples."""
    stored = record.run["settings"]
    tuples = {"n": tuple(stored["n"]), "cases": tuple(map(tuple, stored["cases"]))}
    return Settings(**stored | tuples)


def _theory(activation, convention, n):
    """The closed forms of docs/theory.md, section 0, written down once more."""
    if activation == "exp":
        return 2**n - (convention == "output_bias")
    return 3 if (activation, n) == ("tanh", 2) else 2 ** (n - 1)


def test_committed_certificates():
    """Those beside the record are what its rows rest on, and each is accepted."""
    folder = ROOT / "experiments" / "multiply"
    results = read(folder, "multiply").tables["results"]
    expected = certificates(results)
    written = {f"certificates/{path.name}" for path in (folder / "certificates").iterdir()}
    assert written == set(expected)
    for name, text in expected.items():
        assert (folder / name).read_text() == text
        assert verify(folder / name).neurons == json.loads(text)["neurons"]
    for row in results:
        of_row = f"{row['convention']}-{row['sense']}-{row['n']}.json"
        bounds = [
            verify(text).neurons
            for name, text in expected.items()
            if name.split("/")[1] in (f"any-{of_row}", f"{row['activation']}-{of_row}")
        ]
        assert row["lower_bound"] in bounds


def test_exact_part_equals_the_committed_record():
    record = read(ROOT / "experiments" / "multiply", "multiply")
    settings = _settings(record)
    for row in record.tables["results"]:
        fresh = bounds(row["n"], row["activation"], row["convention"], settings.inputs)
        for name, value in fresh.items():
            if isinstance(value, float):
                assert math.isclose(value, row[name], rel_tol=1e-3)
            else:
                assert str(row[name] or "") == str(value or ""), name


def test_command_line():
    settings, out = settings_from([])
    assert settings == PRESETS["default"]
    assert out == Path("experiments/multiply")
    settings, out = settings_from(["--inputs", "2", "3", "gaussian", "--activation", "exp"])
    assert (settings.n, settings.inputs) == ((2, 3), "gaussian")
    assert settings.cases == (("exp", "bias_free"), ("exp", "output_bias"))
    assert out == Path("build/multiply")  # the committed record is left alone
    settings, _ = settings_from(["--activation", "silu", "--convention", "hidden_bias"])
    assert settings.cases == (("silu", "hidden_bias"),)
    settings, _ = settings_from(["--convention", "output_bias"])
    assert settings.cases == (("exp", "output_bias"),)
    settings, _ = settings_from(["--activation", "exp", "silu"])
    assert settings.cases == (
        ("exp", "bias_free"),
        ("exp", "output_bias"),
        ("silu", "hidden_bias+output_bias"),
    )
    settings, _ = settings_from(["--convention", "affine_skip"])
    assert settings.cases == tuple(
        (name, "output_bias+affine_skip") for name in ("exp", "tanh", "gelu")
    )
    settings, out = settings_from(["--seed", "7"])
    assert (settings.seed, out) == (7, Path("build/multiply"))
    settings, out = settings_from(["--restarts", "3", "--steps", "9", "--tolerance", "0.5"])
    assert (settings.restarts, settings.steps, settings.tolerance) == (3, 9, 0.5)
    assert out == Path("build/multiply")


@pytest.mark.parametrize(("backend", "most"), [("cpu", 6), ("gpu", 8), ("tpu", 8)])
def test_an_accelerator_gets_eight_variables_at_paper_size(backend, most, monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: backend)
    settings, out = settings_from(["--size", "paper"])
    assert max(settings.n) == most
    assert out == Path("experiments/multiply")
    assert settings_from(["--size", "paper", "--inputs", "3"])[0].n == (3,)
    assert max(settings_from([])[0].n) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "huge"],
        ["--seed", "-1"],
        ["--seed", "x"],
        ["--inputs", "1"],
        ["--inputs", "9"],
        ["--inputs", "sphere"],
        ["--inputs", "cube", "gaussian"],
        ["--activation", "cosh"],
        ["--convention", "no_bias"],
        ["--sizes", "smoke"],
        ["--restarts", "0"],
        ["--steps", "many"],
        ["--tolerance", "1"],
        ["extra"],
    ],
)
def test_bad_flag_is_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        settings_from(arguments)
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert message.startswith("python -m noflat.experiments.multiply: error: ")


def test_impossible_case_is_one_line(tmp_path):
    """tanh is odd: without hidden biases no number of neurons multiplies two variables."""
    command = [sys.executable, "-m", "noflat.experiments.multiply", "--inputs", "2"]
    command += ["--activation", "tanh", "--convention", "bias_free", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert done.stderr.startswith("python -m noflat.experiments.multiply: error: ")
    assert "allow hidden_bias" in done.stderr
    assert not list((tmp_path / "out").glob("*"))


def test_listing(capsys):
    from noflat.experiments.__main__ import main

    main([])
    lines = capsys.readouterr().out.splitlines()
    for name, line in experiments().items():
        assert any(found.startswith(name) and line in found for found in lines)
    assert "multiply" in experiments()


def test_every_claim_can_fail():
    beyond = ("results", lambda row: {"measured": row["constructed"] + 1})
    spoiled = {
        "settings in which certified <= measured <= constructed": [
            beyond,
            ("results", lambda row: {"measured": row["lower_bound"] - 1}),
        ],
        "settings in which training begins to succeed where the bounds meet": beyond,
        "least fall of the best error at that width, n <= 4": (
            "results",
            lambda row: {"drop": row["drop"] / 10},
        ),
        "best error of any width over the floor certified for it, at the least": (
            "widths",
            lambda row: {"best_error": row["best_error"] / 2},
        ),
        "trees of 2 to 32 inputs with 4(n - 1) neurons": (
            "counts",
            lambda row: {"tree": row["tree"] + 1},
        ),
    }
    check_claims("multiply", multiply.claims, spoiled)
