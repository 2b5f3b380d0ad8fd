"""The page as text: all that a record has is in it, links lead somewhere, errors are one line."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hostile import HOSTILE

from noflat.experiments.records import read
from noflat.report import write_report
from noflat.report.theorems import theorem_of

RECORDS = Path(__file__).parents[2] / "experiments"


class Parts(HTMLParser):
    """The elements of a page with their attributes, and its scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.policy, self._inside = [], [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append((tag, found))
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self._inside = tag == "script" and found.get("type") == "module"

    def handle_data(self, data):
        if self._inside:
            self.scripts.append(data)
            self._inside = False

    def all(self, name):
        return [found[name] for _, found in self.elements if name in found]


@pytest.fixture(scope="module")
def text(report):
    return report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parts(text):
    return Parts(text)


def test_links_lead_somewhere_and_ids_are_unique(parts):
    assert len(_inner_links(parts)) > 50


def test_names_that_begin_with_another_and_records_without_rows_keep_their_ids(tmp_path):
    shutil.copytree(RECORDS / "multiply", tmp_path / "multiply")
    (tmp_path / "multiply-n").mkdir()
    (tmp_path / "multiply-n" / "run.json").write_text(json.dumps({"experiment": "multiply"}))
    (tmp_path / "multiply-n" / "empty.csv").write_text("")
    write_report(tmp_path, tmp_path / "out.html")
    text = (tmp_path / "out.html").read_text()
    _inner_links(Parts(text))
    mine = text[text.index('<section id="record-multiply-n"') :].partition("</section>")[0]
    assert "It makes no claim." in mine
    assert "Tables as files" not in mine


def _inner_links(parts):
    ids = parts.all("id")
    assert len(ids) == len(set(ids))
    inner = [link[1:] for link in parts.all("href") if link.startswith("#")]
    assert set(inner) <= set(ids)
    named = [*parts.all("aria-labelledby"), *parts.all("for")]
    assert {name for names in named for name in names.split()} <= set(ids)
    return inner


def test_nothing_is_loaded(parts):
    loaded = [*parts.all("src"), *parts.all("data-src")]
    loaded += [found["href"] for tag, found in parts.elements if tag == "link"]
    assert all(address.startswith("data:") for address in loaded)
    assert not any(found.get("src") for tag, found in parts.elements if tag == "script")
    outer = {link for link in parts.all("href") if not link.startswith(("#", "data:"))}
    assert all(link.startswith(("https://arxiv.org/", "https://doi.org/")) for link in outer)


def test_the_policy_names_the_two_scripts_and_allows_no_other(parts):
    assert len(parts.scripts) == 2
    allowed = re.search(r"script-src ([^;]*);", parts.policy)[1].split()
    digests = [hashlib.sha256(script.encode()).digest() for script in parts.scripts]
    assert allowed == [f"'sha256-{base64.b64encode(each).decode()}'" for each in digests]
    assert parts.policy.startswith("default-src 'none';")
    assert "eval" not in parts.policy


def test_every_certified_number_leads_to_a_certificate_or_a_proof(text, records):
    results = read(records / "multiply", "multiply").tables["results"]
    table = text[text.index('id="record-multiply--three"') :].partition("</table>")[0]
    rows = re.findall(r'<tr><td>(\d+)</td><th scope="row">([^<]*)</th><td>(.*?)</td>', table)
    assert len(rows) == len(results)
    found = {(int(n), case): cell for n, case, cell in rows}
    for row in results:
        cell = found[row["n"], f"{row['activation']}, {row['convention']}"]
        target, number = re.fullmatch(
            r'<a href="#([^"]*)" aria-label="[^"]*">(\d+)</a>', cell
        ).groups()
        assert int(number) == row["lower_bound"]
        at = text[text.index(f'id="{target}"') :]
        theorem = theorem_of(row["theorem"])[0]
        if target.startswith("certificate-"):
            card = at.partition("</article>")[0]
            assert f"at least {row['lower_bound']} neurons" in card
            assert f"in the {row['sense']} sense" in card
            assert f'href="#proof-{theorem.page}-{theorem.anchor}"' in card
        else:  # the certificate of the record was changed, and is refused
            assert (row["n"], row["activation"], row["convention"]) == (4, "exp", "bias_free")
            assert target == f"proof-{theorem.page}-{theorem.anchor}"


def test_settings_versions_and_tables_of_a_record_are_there(text, parts, records):
    record = read(records / "multiply", "multiply")
    shown = unescape(text)
    for value in (
        record.run["commit"],
        record.run["environment"]["jaxlib"],
        record.run["wall_seconds"],
    ):
        assert f"<dd>{value}</dd>" in shown
    files = {found["download"]: found["href"] for _, found in parts.elements if "download" in found}
    for name in record.tables:
        kind, _, content = files[f"multiply-{name}.csv"].partition(",")
        assert kind == "data:text/csv;charset=utf-8"
        assert len(unquote(content).splitlines()) == len(record.tables[name]) + 1
    for command in ("noflat run multiply", "noflat figure multiply"):
        assert f"<code>{command}</code>" in text


def test_the_rest_of_an_unknown_record_is_there(text):
    assert "no experiment <code>" in text
    assert text.count('<img class="figure"') == 1
    assert HOSTILE not in text
    assert HOSTILE in unescape(text)


def test_pages_of_the_same_records_are_the_same(records, report, tmp_path):
    write_report(records, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == report.read_bytes()


@pytest.mark.slow
def test_all_committed_records_are_shown_with_their_figures(tmp_path):
    write_report(RECORDS, tmp_path / "all.html")
    text = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert text.count('<img class="figure"') == len([*RECORDS.glob("*/run.json")])
    assert "No figure" not in text
    claims = sum(path.read_text().count("\n") - 1 for path in RECORDS.glob("*/claims.csv"))
    assert text.count("<tr data-verdict=") == claims
    assert len(text) < 8e6


def test_a_record_of_another_version_is_shown_without_its_figure(tmp_path):
    folder = tmp_path / "multiply"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"experiment": "multiply"}))
    (folder / "results.csv").write_text("n,other\n2,inf\n3,nan\n")
    write_report(tmp_path, tmp_path / "out.html")
    text = (tmp_path / "out.html").read_text()
    assert "No figure: the record lacks `widths`, which its figure shows." in text
    assert "multiply-results.csv" in text


def test_certificates_alone_are_enough(tmp_path):
    shutil.copytree(RECORDS / "multiply" / "certificates", tmp_path / "saved" / "certificates")
    write_report(tmp_path / "saved", tmp_path / "out.html")
    text = (tmp_path / "out.html").read_text()
    assert "19</b> of 19 certificates accepted" in text
    assert '<section id="verdicts"' not in text


def test_nothing_to_show_is_one_line(tmp_path):
    with pytest.raises(ValueError, match="no record and no certificate: name a") as told:
        write_report(tmp_path, tmp_path / "out.html")
    assert "\n" not in str(told.value)
    assert [*tmp_path.iterdir()] == []


def test_a_page_that_cannot_be_written_is_told_before_it_is_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr("noflat.report.page.page", lambda folder: pytest.fail("it is made"))
    for out in (tmp_path / "file" / "out.html", tmp_path / "folder"):
        with pytest.raises(ValueError, match="`out` .* cannot be written to"):
            write_report(RECORDS / "linear", out)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_the_command_writes_it(tmp_path):
    command = [sys.executable, "-m", "noflat.cli", "report", str(RECORDS / "linear")]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "linear.html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "<!doctype html>" in (tmp_path / "linear.html").read_text()
