"""Claims and their verdicts, the command line that settings make, and the table of all verdicts."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

import pytest

from noflat.experiments import __main__ as all_of_them
from noflat.experiments import depth
from noflat.experiments._claims import claim, collect, verdict, verdicts, write_verdicts
from noflat.experiments._main import Experiment
from noflat.experiments.records import Record, read, write


@pytest.mark.parametrize(
    ("relation", "predicted", "passes", "fails"),
    [
        ("=", 4, 4, 5),
        ("<=", 4, 4, 4.1),
        (">=", 4, 4.0, 3),
        ("within 0.25", 4, 5, 5.1),
        ("within 0.25", -4, -3, -2.9),
    ],
)
def test_relations(relation, predicted, passes, fails):
    assert claim("it", "f", predicted, relation, passes)["verdict"] == "pass"
    assert claim("it", "f", predicted, relation, fails)["verdict"] == "fail"


@pytest.mark.parametrize("nothing", [None, float("nan"), "none"])
@pytest.mark.parametrize("relation", ["=", "<=", ">=", "within 0.5"])
def test_nothing_measured_is_a_failure(relation, nothing):
    assert claim("it", "f", 0, relation, nothing)["verdict"] == "fail"
    assert claim("it", "f", nothing, relation, 0)["verdict"] == "fail"


def test_an_interval_decides_equality_and_nothing_else():
    assert claim("it", "f", 0.5, "=", 0.48, interval=(0.45, 0.51))["verdict"] == "pass"
    assert claim("it", "f", 0.5, "=", 0.48, interval=(0.45, 0.49))["verdict"] == "fail"
    assert claim("it", "f", 0.5, "<=", 0.51, interval=(0.45, 0.52))["verdict"] == "fail"
    assert claim("it", "f", 0.5, "within 0.1", 0.4, interval=(0.3, 0.5))["verdict"] == "fail"


def test_an_unknown_relation_is_told():
    with pytest.raises(ValueError, match="`relation` must be"):
        verdict({"relation": "about", "predicted": 1, "measured": 1, "low": None, "high": None})


@pytest.mark.parametrize("typed", ["pass", "passes", None])
def test_a_verdict_that_is_typed_in_is_refused(typed, tmp_path, capsys, monkeypatch):
    row = claim("a slope", "2", 2, "within 0.1", 2.3) | {"verdict": typed}
    write(Record({"claims": [row]}, {}), tmp_path / "depth")
    monkeypatch.setattr(all_of_them, "stems", lambda: ["depth"])
    with pytest.raises(SystemExit, match="2"):
        all_of_them.main(["--verdicts", "--out", str(tmp_path)])
    said = f"{typed or 'nothing'} of `a slope`, and fail follows from its numbers"
    (line,) = capsys.readouterr().err.splitlines()
    assert f"the record in {tmp_path / 'depth'} is damaged (claims.csv says {said})" in line


@pytest.mark.parametrize(
    ("relation", "predicted", "measured", "word"),
    [("<=", 1, 1.00001, "fail"), ("=", 1, 0.99999, "fail"), ("within 0.1", 1, 1.0999999, "pass")],
)
def test_a_verdict_from_more_digits_than_a_record_keeps_stands(
    relation, predicted, measured, word, tmp_path
):
    row = claim("it", "f", predicted, relation, measured)
    assert row["verdict"] == word
    write(Record({"claims": [row]}, {}), tmp_path / "sketch")
    (found,) = collect(tmp_path, ["sketch"])
    assert found["verdict"] == word


def test_a_number_with_more_digits_than_are_rounded_is_exact():
    row = claim("it", "f", 10**4, "=", 10**4) | {"verdict": "fail"}
    with pytest.raises(ValueError, match="says fail of `it`, and pass follows"):
        verdicts("sketch", Record({"claims": [row]}, {}))


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        n: The numbers of
            variables.
        share: A share of 100 %.
        way: One of two.
        seed: Of all random numbers.
    """

    n: tuple[int, ...] = (2, 3)
    share: float = 0.5
    way: Literal["up", "down"] = "up"
    seed: int = 0


def run(settings, progress):
    progress(1, 1)
    return {"results": [{"n": n, "share": settings.share} for n in settings.n]}


def claims(tables):
    return [claim("two rows", "2", 2, "=", len(tables["results"]), note="said, with a comma")]


EXPERIMENT = Experiment(
    "sketch", "A sketch.\n\nMore.", {"smoke": Settings((2,)), "default": Settings()}, run, claims
)


def test_flags_come_from_the_settings():
    settings, out = EXPERIMENT.settings_from(["--n", "4", "5", "--way", "down", "--seed", "7"])
    assert settings == Settings((4, 5), way="down", seed=7)
    assert out == Path("build/sketch")
    assert EXPERIMENT.settings_from([]) == (Settings(), Path("experiments/sketch"))
    assert EXPERIMENT.settings_from(["--size", "smoke"]) == (Settings((2,)), Path("build/sketch"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--n", "0"], "must be an integer of at least 1"),
        (["--sized", "2"], "unrecognized"),
        (["--way", "left"], "invalid choice"),
    ],
)
def test_a_wrong_flag_is_one_line(words, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        EXPERIMENT.settings_from(words)
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_help_says_what_the_docstring_says(capsys):
    with pytest.raises(SystemExit, match="0"):
        EXPERIMENT.settings_from(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "The numbers of variables" in text


def test_a_record_has_its_claims(tmp_path, capsys):
    EXPERIMENT.main(["--out", str(tmp_path / "sketch")])
    assert "1 of 1 claims pass" in capsys.readouterr().out
    record = read(tmp_path / "sketch", "sketch")
    assert [row["verdict"] for row in record.tables["claims"]] == ["pass"]
    (row,) = collect(tmp_path, ["sketch", "absent"])
    assert (row["experiment"], row["predicted"], row["measured"]) == ("sketch", "2", "2")


def test_nothing_runs_where_jax_computes_wrong_numbers(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("noflat.doctor.miscompile_self_test", lambda: 7)
    with pytest.raises(SystemExit, match="1"):
        EXPERIMENT.main(["--out", str(tmp_path / "sketch")])
    said = "sketch: error: this JAX computes wrong numbers (7 rows): see `noflat doctor`\n"
    assert capsys.readouterr().err == f"python -m noflat.experiments.{said}"
    assert list((tmp_path / "sketch").iterdir()) == []


def test_the_table_of_verdicts(tmp_path, capsys, monkeypatch):
    rows = claims(run(Settings(), lambda done, total: None))
    rows.append(claim("a slope", "n/2", 1.5, "within 0.1", 2.0, interval=(1.9, 2.1)))
    record = Record({"claims": rows}, {})
    found = verdicts("sketch", record)
    assert [row["predicted"] for row in found] == ["2", "1.5 (n/2), within 10 %"]
    assert found[1]["measured"] == "2 [1.9, 2.1]"
    write(record, tmp_path / "sketch")
    monkeypatch.setattr(all_of_them, "stems", lambda: ["sketch"])
    all_of_them.main(["--verdicts", "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert "1 of 2 claims pass" in said
    assert "a slope" in said
    text = (tmp_path / "verdicts.csv").read_text()
    assert text.splitlines()[0] == "experiment,claim,predicted,measured,verdict,note"
    assert text.splitlines()[1] == 'sketch,two rows,2,2,pass,"said, with a comma"'


def test_the_smoke_size_stays_away_from_the_committed_records(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(depth, "main", lambda words, prog: asked.append(words))
    monkeypatch.setattr(all_of_them, "stems", lambda: ["depth"])
    for words in (["--all", "--size", "smoke"], ["--all"]):
        with pytest.raises(SystemExit, match="2"):
            all_of_them.main(words)
        assert "has no record with claims" in capsys.readouterr().err
    folders = [Path(words[words.index("--out") + 1]) for words in asked]
    assert folders == [Path("build/depth"), Path("experiments/depth")]


def test_after_one_name_all_flags_but_the_folder_are_its_own(tmp_path, monkeypatch, capsys):
    asked = []

    def main(words, prog):
        asked.append(words)
        EXPERIMENT.main(words)
        return tmp_path / "depth"

    monkeypatch.setattr(depth, "main", main)
    words = ["depth", "--out", str(tmp_path), "--n", "2", "3", "--way", "down"]
    all_of_them.main(words)
    all_of_them.main(["depth", "--n", "4", f"--out={tmp_path}"])
    out = ["--out", str(tmp_path / "depth")]
    assert asked == [["--n", "2", "3", "--way", "down", *out], ["--n", "4", *out]]
    said = capsys.readouterr().out
    assert f"1 of 1 claims pass; written to {tmp_path / 'verdicts.csv'}" in said
    assert (tmp_path / "verdicts.csv").read_text().count("depth,two rows") == 1


def test_jobs_that_write_later_leave_no_verdicts(tmp_path, monkeypatch):
    monkeypatch.setattr(depth, "main", lambda words, prog: None)
    all_of_them.main(["depth", "--slurm", "2", "--out", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", all_of_them.stems())
def test_every_experiment_runs_from_a_command_line(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        import_module(f"noflat.experiments.{name}").main(["--help"])
    assert f"usage: python -m noflat.experiments.{name} " in capsys.readouterr().out


def test_no_verdicts_is_an_error_that_says_what_to_do(tmp_path, capsys):
    with pytest.raises(ValueError, match="run an experiment into it"):
        write_verdicts([], tmp_path)
    with pytest.raises(SystemExit, match="2"):
        all_of_them.main(["--verdicts", "--out", str(tmp_path)])
    assert "run an experiment into it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["multiplied"], "no experiment is called 'multiplied': did you mean multiply?"),
        (["depth", "multiplied"], "no experiment is called 'multiplied'"),
        (["--size", "smoke", "multiplied"], "no experiment is called 'multiplied'"),
        (
            ["depth", "--sizes", "smoke"],
            "experiments depth: error: unrecognized arguments: --sizes",
        ),
        (
            ["depth", "--out"],
            "experiments depth: error: argument --out: expected one argument",
        ),
        (["--all", "--verdicts"], "give names, or --all, or --verdicts"),
        (["--size", "smoke"], "go with names"),
    ],
)
def test_wrong_words_for_all_of_them(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a mistake that is let through writes
    with pytest.raises(SystemExit, match="2"):
        all_of_them.main(words)
    assert said in capsys.readouterr().err


def test_the_committed_table_is_that_of_the_committed_records(tmp_path):
    folder = Path(__file__).parents[2] / "experiments"
    write_verdicts(collect(folder, list(all_of_them.experiments())), tmp_path)
    assert (tmp_path / "verdicts.csv").read_text() == (folder / "verdicts.csv").read_text()
