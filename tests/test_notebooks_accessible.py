"""The notebooks for everyone: in grey, enlarged, by ear, by keyboard, without a network."""

from __future__ import annotations

import html
import importlib.util
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from browser import FLAGS, chromium
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
all_notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
spec = importlib.util.spec_from_file_location("write_html", ROOT / "notebooks" / "write_html.py")
write_html = importlib.util.module_from_spec(spec)
spec.loader.exec_module(write_html)


def cells(path, kind):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell.outputs]


@all_notebooks
def test_headings_are_in_order(path):
    text = "\n".join(
        re.sub(r"```.*?```", "", c.source, flags=re.S) for c in cells(path, "markdown")
    )
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


def shown_alts(path):
    """Give the texts that stand for the figures in a notebook's outputs, and how many figures."""
    shown = "".join("".join(o.get("data", {}).get("text/html", "")) for o in outputs(path))
    alts = re.findall(r'<img[^>]*\balt="([^"]*)"', shown)
    return [html.unescape(alt) for alt in alts], shown.count("<img")


@all_notebooks
def test_each_figure_has_words_of_its_own(path):
    alts, figures = shown_alts(path)
    assert len(alts) == figures > 0
    written = "\n".join(c.source for c in cells(path, "markdown"))
    alts += re.findall(r"!\[([^\]]*)\]\(", written)
    assert min(map(len, alts)) >= 15
    assert len(set(alts)) == len(alts), "two figures, one text: say what differs"


PRINTED = re.compile(r"[{}\[\]]|np\.|array\(|\d\.\d{4}|\n|  ")
"""What Python prints and a voice cannot say: brackets, types, long decimals, columns of a table."""


@all_notebooks
def test_figures_are_told_in_a_short_sentence(path):
    alts, _ = shown_alts(path)
    assert [alt for alt in alts if PRINTED.search(alt) or len(alt) > 250] == []


@all_notebooks
def test_each_column_has_a_name(path):
    for cell in cells(path, "markdown"):
        for header in re.findall(r"^(\|.*\|)\n\|[-:| ]+\|$", cell.source, re.MULTILINE):
            assert all(name.strip() for name in header.strip("|").split("|")), header


WHOLE, HALF, PHONE = 1280, 640, 320
"""Widths in px of a page: as it is, enlarged to 200 %, enlarged to 400 %."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("html")
    write_html.write_pages(out)
    return out


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield found
        found.close()


@contextmanager
def opened(browser, page_path, width=WHOLE) -> Iterator:
    """Open a page from disk with the network off; gives it and what it asked for and said."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, device_scale_factor=WHOLE / width, offline=True
    )
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_path.as_uri())
    page.wait_for_load_state()
    yield page, asked, said
    context.close()


def squeezed(text):
    """Leave out what a text may gain or lose on its way to the page: spaces, marks of Markdown."""
    return re.sub(r"[\s¶*_`#|\\\[\]-]", "", text)


def prose(line):
    """What is seen of a line of Markdown: no tags, no targets of links, no number of a list."""
    return squeezed(re.sub(r"<[^>]+>|\]\([^)]*\)|^\d+\. ", "", line))


def words_of(markup):
    """What is seen of HTML."""
    markup = re.sub(r"<style.*?</style>", "", markup, flags=re.DOTALL)
    return squeezed(html.unescape(re.sub(r"<[^>]+>", "", markup)))


@pytest.mark.slow
@all_notebooks
def test_the_page_shows_all_and_asks_for_nothing(path, folder, browser):
    with opened(browser, folder / f"{path.stem}.html") as (page, asked, said):
        answers = page.locator("details")
        assert not any(answers.evaluate_all("all => all.map(d => d.open)"))
        answers.evaluate_all("all => all.forEach(d => d.open = true)")
        page.mouse.wheel(0, 100_000)
        seen = squeezed(page.locator("main").inner_text())
        for cell in cells(path, "markdown"):
            for line in cell.source.splitlines():
                assert prose(line) in seen, line
        for cell in cells(path, "code"):
            assert squeezed(cell.source) in seen, cell.source
        for output in outputs(path):
            assert squeezed(output.get("text", "")) in seen, output
            assert words_of("".join(output.get("data", {}).get("text/html", ""))) in seen, output
        asked_for = sum(c.source.count("**Predict (M") for c in cells(path, "markdown"))
        assert seen.count("Predict(M") == asked_for
        widths = page.locator("img").evaluate_all(
            "all => all.map(i => i.complete && i.naturalWidth)"
        )
        assert len(widths) == sum(str(o).count("<img") for o in outputs(path))
        assert min(widths) > 50
        assert {url for url in asked if not url.startswith("data:image/")} == {page.url}
        assert said == []
        assert page.locator("script, iframe, object, embed, link").count() == 0


@pytest.mark.slow
@all_notebooks
def test_axe_finds_no_serious_fault_in_the_page(path, folder, browser):
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, folder / f"{path.stem}.html") as (page, _, _):
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        faults = Axe().run(page).response["violations"]
    grave = [f for f in faults if f["impact"] in ("serious", "critical")]
    assert grave == [], json.dumps([(f["id"], f["nodes"][0]["html"]) for f in grave])


@pytest.mark.slow
def test_axe_would_find_a_fault_in_the_page(folder, tmp_path, browser):
    from axe_playwright_python.sync_playwright import Axe

    faint = tmp_path / "faint.html"
    text = (folder / "02_fast.html").read_text().replace(' alt="', ' title="', 1)
    faint.write_text(text.replace("color: #595959", "color: #acacac"))
    with opened(browser, faint) as (page, _, _):
        found = {fault["id"] for fault in Axe().run(page).response["violations"]}
    assert "color-contrast" in found


CUT = """() => [...document.querySelectorAll("main *")].filter(e =>
  e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible" && e.clientWidth
).map(e => e.innerText.slice(0, 80))"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [HALF, PHONE], ids=["200 %", "400 %"])
@all_notebooks
def test_enlarged_nothing_is_cut_or_scrolls_sideways(path, width, folder, browser):
    with opened(browser, folder / f"{path.stem}.html", width) as (page, _, _):
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == []


@pytest.mark.slow
def test_cut_code_would_be_found(folder, browser):
    with opened(browser, folder / "02_fast.html", HALF) as (page, _, _):
        page.evaluate("""() => document.querySelectorAll(".highlight pre").forEach(e => {
          e.style.setProperty("white-space", "pre", "important"); e.style.overflow = "hidden";
        })""")
        assert page.evaluate(CUT) != []


@pytest.mark.slow
@all_notebooks
def test_links_of_the_page_lead_to_files(path, folder, browser):
    with opened(browser, folder / f"{path.stem}.html") as (page, _, _):
        links = page.locator("main a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    here = [link.split("#")[0] for link in links if not re.match("https://|#", link)]
    for link in here:
        target = ROOT / "out" / "html" / link if link.startswith("..") else folder / link
        assert target.resolve().exists(), link


@pytest.mark.slow
def test_the_keyboard_opens_an_answer(folder, browser):
    with opened(browser, folder / "02_fast.html") as (page, _, _):
        question, answer = page.locator("summary").first, page.locator("details").first
        assert not answer.evaluate("d => d.open")
        page.keyboard.press("Tab")  # no stop at cells, where there is nothing to do
        assert question.evaluate("q => q === document.activeElement")
        assert question.evaluate("q => getComputedStyle(q).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        assert answer.evaluate("d => d.open")
