"""The report in a browser: nothing is fetched, keys reach everything, charts say the record."""

import csv
from pathlib import Path

import pytest
from hostile import HOSTILE

from noflat.certificates.checker import CertificateError, verify
from noflat.experiments.records import read, where

PHONE = {"width": 360, "height": 740}
DRAWN = "() => [...document.querySelectorAll('.bands')].every((box) => box.dataset.n)"

CONTRASTS = """() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    throw new Error("no background");
  };
  const found = {};
  const texts = "h1, h2, h3, p, a, b, td, th, li, dt, dd, summary, small, caption, code, output, " +
    "label, .pass, .fail, .chart text";
  for (const element of document.querySelectorAll(texts)) {
    const style = getComputedStyle(element);
    const color = element instanceof SVGElement ? style.fill : style.color;
    const back = under(element);
    const [more, less] = [light(color), light(back)].sort((a, b) => b - a);
    found[`${color} on ${back}: ${element.tagName}`] = (more + 0.05) / (less + 0.05);
  }
  return found;
}"""


@pytest.fixture
def open_page(browser, report):
    """Opens the report; at the end nothing was fetched, and the console is empty."""
    said, contexts = [], []

    def opened(address=None, **settings):
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto((address or report).as_uri())
        if settings.get("java_script_enabled", True):
            page.wait_for_function(DRAWN)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in said if not text.startswith(("file:", "data:"))] == []


@pytest.fixture
def page(open_page):
    return open_page()


def bands_of(page, identity):
    """Where the bands and the points are, in pixels."""
    return page.evaluate(
        """(identity) => {
          const chart = document.querySelector(`#${identity} [data-chart=bands]`);
          const box = (mark) => {
            const { left, right, top, bottom } = mark.getBoundingClientRect();
            const label = mark.getAttribute("aria-label");
            return { left, right, middle: (top + bottom) / 2, label };
          };
          return ["rect", "symbol"].map((kind) =>
            [...chart.querySelectorAll(`.mark-${kind}.role-mark path`)].map(box));
        }""",
        identity,
    )


def check_bands(page, n, results):
    """The first band ends half a neuron before the certified number, and all else fits to that."""
    rects, points = bands_of(page, "record-multiply")
    rows = where(results, n=n)
    assert len(rects) == 2 * len(rows)
    assert len(points) == len(rows)
    fewer = sorted((box for box in rects if "fewer" in box["label"]), key=lambda box: box["middle"])
    built = sorted((box for box in rects if "or more" in box["label"]), key=lambda b: b["middle"])
    points.sort(key=lambda box: box["middle"])
    widest = max(rows, key=lambda row: row["lower_bound"])
    box = fewer[rows.index(widest)]
    neuron = (box["right"] - box["left"]) / (widest["lower_bound"] - 1)
    start = box["left"] - neuron / 2
    for row, low, high, point in zip(rows, fewer, built, points, strict=True):
        center = (point["left"] + point["right"]) / 2
        assert (low["right"] - start) / neuron == pytest.approx(row["lower_bound"] - 0.5, abs=0.03)
        assert (high["left"] - start) / neuron == pytest.approx(row["constructed"] - 0.5, abs=0.03)
        assert (center - start) / neuron == pytest.approx(row["measured"], abs=0.1)


def test_the_slider_moves_the_bands_to_what_the_record_says(page, records):
    results = read(records / "multiply", "multiply").tables["results"]
    slider, told = page.locator("#record-multiply--n"), page.locator("#record-multiply--told")
    slider.focus()
    page.keyboard.press("Home")
    for n in (2, 3, 4):
        page.wait_for_function(
            "n => document.querySelector('[data-record=record-multiply].bands').dataset.n == n",
            arg=n,
        )
        row = where(results, n=n, activation="exp", convention="bias_free")[0]
        assert told.inner_text() == (
            f"n = {n}, exp, bias_free: certified {row['lower_bound']}, measured {row['measured']}, "
            f"constructed {row['constructed']}; the bounds meet"
        )
        assert slider.get_attribute("aria-valuetext") == f"n = {n}"
        check_bands(page, n, results)
        page.keyboard.press("ArrowRight")


def test_beyond_training_the_slider_shows_what_is_constructed(page, records):
    slider = page.locator("#record-multiply--n")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.bands[data-n=\"32\"]') !== null")
    assert "no bound and no training" in page.locator("#record-multiply--told").inner_text()
    box = page.locator(".bands[data-record=record-multiply]")
    assert not box.locator("[data-chart=bands]").is_visible()
    shown = set(box.locator("[data-chart=counts] .mark-text.role-mark text").all_text_contents())
    row = where(read(records / "multiply", "multiply").tables["counts"], n=32)[0]
    assert shown == {f"{row[name]:,}" for name in row if name != "n"}


def test_the_setting_chosen_is_told_and_drawn(page, records):
    page.locator("#record-multiply--case").select_option("tanh, hidden_bias+output_bias")
    told = page.locator("#record-multiply--told")
    page.wait_for_function(
        "document.querySelector('#record-multiply--told').innerText.includes('tanh')"
    )
    assert told.inner_text().endswith("certified 8, measured 8, constructed 8; the bounds meet")
    widths = read(records / "multiply", "multiply").tables["widths"]
    rows = where(widths, n=4, activation="tanh")
    marks = page.locator("#record-multiply [data-chart=errors] .mark-symbol.role-mark path")
    # the best and the median of each width
    assert marks.count() == 2 * len(rows) > 0


def test_verdicts_are_filtered(page):
    rows = page.locator("#all-verdicts tbody tr")
    shown = page.locator("#all-verdicts tbody tr:visible")
    assert (rows.count(), shown.count()) == (6, 6)
    page.locator("#filter-verdict").select_option("fail")
    assert shown.count() == 1
    page.locator("#filter-record").select_option("multiply")
    assert shown.count() == 0
    assert page.locator("#filter-shown").inner_text() == "0 claims"
    # the way from a record to its claims shows all of them
    page.locator("#record-multiply a[href$=claims]").click()
    page.wait_for_function("document.querySelector('#filter-shown').innerText === '5 claims'")


def test_a_table_is_explored(page, records):
    box = page.locator("#record-multiply .explorer")
    box.locator("summary").click()
    box.locator(".table").select_option("floors")
    box.locator(".x").select_option("width")
    box.locator(".y").select_option("error_floor")
    box.locator(".color").select_option("convention")
    box.locator(".ylog").check()
    rows = read(records / "multiply", "multiply").tables["floors"]
    positive = [row for row in rows if row["error_floor"] > 0]
    page.wait_for_function(
        "([marks, n]) => document.querySelectorAll(marks).length === n",
        arg=["#record-multiply .explorer .mark-symbol.role-mark path", len(positive)],
    )
    assert box.locator(".left-out").inner_text().startswith(f"{len(positive)} of {len(rows)} rows")


def test_claims_are_drawn_against_one(page, records):
    box = page.locator("#record-multiply [data-chart=claims]")
    page.locator("#record-multiply summary", has_text="measured over predicted").click()
    box.locator("svg").wait_for()
    claims = read(records / "multiply", "multiply").tables["claims"]
    said = [mark.get_attribute("aria-label") for mark in box.locator(".role-mark path").all()]
    for row in claims:
        text = f"claim: {row['claim']}"
        assert sum(text in (label or "") for label in said) == 1


def test_a_table_with_commas_quotes_and_breaks_is_read_whole(page):
    hostile = page.locator("section", has=page.locator(".explorer")).last
    hostile.locator(".explorer summary").click()
    options = hostile.locator(".table option").all()
    names = [option.inner_text() for option in options]
    hostile.locator(".table").select_option(next(name for name in names if name[0] == "<"))
    assert hostile.locator(".x option").all_inner_texts() == [HOSTILE]
    assert hostile.locator(".color option").all_inner_texts() == ["none", HOSTILE, "other"]


def test_hostile_texts_are_texts(page):
    page.evaluate("document.querySelectorAll('details').forEach((box) => (box.open = true))")
    page.wait_for_function("document.querySelectorAll('.chart svg').length > 7")
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.locator("img:not(.figure), b[onclick]").count() == 0
    assert page.locator("td", has_text=HOSTILE).count() >= 1
    assert page.locator("text=49").count() == 0
    assert page.locator(".chart svg text", has_text="window.hacked").count() >= 1


def test_a_theorem_opens_from_a_number_in_two_steps(page):
    page.locator("#record-multiply a[aria-label^='certified 8']").first.press("Enter")
    page.wait_for_function("document.activeElement.classList.contains('certificate')")
    page.keyboard.press("Tab")
    # the news of the new address may come only now
    page.evaluate("window.dispatchEvent(new HashChangeEvent('hashchange'))")
    assert page.evaluate("document.activeElement.innerText").startswith("Theorem")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id.startsWith('proof-theory-theorem-3')")
    proof = page.locator("#proof-theory-theorem-3-pairing")
    assert proof.is_visible()
    assert "Consider the matrix" in proof.inner_text()
    assert proof.locator("svg.formula").count() > 20


def test_a_closed_box_opens_by_keyboard(page):
    summary = page.locator("details.proof summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.proof").first.get_attribute("open") is not None


def test_all_is_reached_by_the_tab_key(page):
    reached = []
    for _ in range(400):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const at = document.activeElement, style = getComputedStyle(at);
                  const file = at.getAttribute("download") ?? "";
                  return [at.tagName, at.id, at.className, file, style.outlineStyle] }"""
            )
        )
        if reached[-1][0] == "BODY":
            break
    assert reached[-1][0] == "BODY"
    assert reached[0][2] == "skip"
    assert {outline for *_, outline in reached[:-1]} == {"solid"}
    ids = [identity for _, identity, *_ in reached]
    order = ["filter-record", "filter-verdict", "record-multiply--n", "record-multiply--case"]
    assert sorted(map(ids.index, order)) == [ids.index(each) for each in order]
    certificates = [name for *_, name, _ in reached if name.endswith(".json")]
    assert len(certificates) == 19
    assert sum(tag == "SUMMARY" for tag, *_ in reached) == page.locator("summary:visible").count()


def test_a_downloaded_certificate_passes_the_checker(page, records, tmp_path):
    cards = page.locator(".certificate:not(.refused)")
    assert cards.count() == 18
    for card in (cards.first, cards.last):
        with page.expect_download() as started:
            card.locator("a[download]").click()
        name = started.value.suggested_filename
        assert card.locator("code").inner_text() == f"noflat verify {name}"
        started.value.save_as(tmp_path / name)
        assert f"{verify(tmp_path / name).statement}." in card.inner_text()
        place = card.locator("h3").inner_text()
        assert (tmp_path / name).read_bytes() == (records / place).read_bytes()


def test_a_changed_certificate_is_shown_as_refused(page, records):
    card = page.locator(".certificate.refused")
    assert card.count() == 1
    with pytest.raises(CertificateError) as refused:
        verify(records / "multiply" / "certificates" / "exp-bias_free-taylor-4.json")
    assert f"Refused: {refused.value}" in card.inner_text()
    assert page.locator("[role=alert]").inner_text().startswith("1 certificate refused")
    assert "18 of 19 certificates accepted" in page.locator("header").inner_text()


def test_a_downloaded_table_is_that_of_the_record(page, records, tmp_path):
    page.locator("#record-multiply summary", has_text="Tables as files").click()
    with page.expect_download() as started:
        page.locator("a", has_text="widths.csv").click()
    started.value.save_as(tmp_path / "widths.csv")
    assert started.value.suggested_filename == "multiply-widths.csv"
    with (tmp_path / "widths.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    table = read(records / "multiply", "multiply").tables["widths"]
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in table] == found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_background(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((box) => (box.open = true))")
    page.wait_for_function("document.querySelectorAll('.chart svg').length > 7")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 20
    assert {pair: contrast for pair, contrast in found.items() if contrast < 4.5} == {}
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") == (scheme == "light")
    formula = page.locator(".proof svg.formula use").first
    color = formula.evaluate("(mark) => getComputedStyle(mark).fill")
    assert color == page.evaluate("getComputedStyle(document.body).color")


def test_nothing_is_wider_than_a_phone(open_page):
    page = open_page(viewport=PHONE)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) == PHONE["width"]
    page.evaluate("document.querySelectorAll('details').forEach((box) => (box.open = true))")
    page.wait_for_function("document.querySelectorAll('.chart svg').length > 7")
    assert page.evaluate(wide) == PHONE["width"]
    # a row of the verdicts is a card that says what each cell is
    cell = page.locator("#all-verdicts td").nth(2)
    assert "predicted" in cell.evaluate("(cell) => getComputedStyle(cell, '::before').content")
    assert cell.evaluate("(cell) => getComputedStyle(cell).display") == "block"


def test_without_scripts_all_but_the_charts_is_there(open_page, report):
    page = open_page(java_script_enabled=False)
    assert page.locator(".needs-script:visible").count() == 0
    assert page.locator("#all-verdicts tbody tr:visible").count() == 6
    assert page.locator("img.figure:visible").count() == 1
    page.locator(".certificate a", has_text="Theorem 3").first.click()
    assert page.locator("#proof-theory-theorem-3-pairing").is_visible()


def test_landmarks_headings_and_names(page):
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "noflat: what the records say"
    assert [page.locator(name).count() for name in ("header", "nav", "main", "h1")] == [1, 1, 1, 1]
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((h) => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    nameless = page.evaluate(
        """[...document.querySelectorAll("input, select")]
          .filter((control) => control.labels.length === 0).map((control) => control.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("img:not([alt]), .chart:not([aria-label])").count() == 0


def test_paper_shows_what_is_closed(page):
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()


def test_the_policy_stops_other_scripts_and_all_requests(browser, report, tmp_path):
    added = "<script>window.hacked = 1</script><img src='https://example.org/x.png'>"
    copy = Path(tmp_path / "added.html")
    copy.write_text(report.read_text().replace("<h1>", added + "<h1>", 1))
    page = browser.new_page()
    sent, refused = [], []
    page.on("requestfinished", lambda request: sent.append(request.url))
    page.on("requestfailed", lambda request: refused.append((request.url, request.failure)))
    page.goto(copy.as_uri())
    page.wait_for_function(DRAWN)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert [address for address in sent if not address.startswith(("file:", "data:"))] == []
    assert ("https://example.org/x.png", "csp") in refused
    page.close()
