"""The notebooks for everyone: in grey, enlarged, by ear, by keyboard, without a network."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from browser import FLAGS, chromium
from matplotlib.colors import to_rgb, to_rgba
from playwright.sync_api import sync_playwright

from imagegroup import plots
from imagegroup.plots.base import STYLE

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


@all_notebooks
def test_each_figure_has_words_of_its_own(path):
    shown = "".join("".join(o.get("data", {}).get("text/html", "")) for o in outputs(path))
    alts = re.findall(r'<img[^>]*\balt="([^"]*)"', shown)
    assert len(alts) == shown.count("<img") > 0
    written = "\n".join(c.source for c in cells(path, "markdown"))
    alts += re.findall(r"!\[([^\]]*)\]\(", written)
    assert min(map(len, alts)) >= 15
    assert len(set(alts)) == len(alts), "two figures, one text: say what differs"


@all_notebooks
def test_each_column_has_a_name(path):
    for cell in cells(path, "markdown"):
        for header in re.findall(r"^(\|.*\|)\n\|[-:| ]+\|$", cell.source, re.MULTILINE):
            assert all(name.strip() for name in header.strip("|").split("|")), header


# --- colours -------------------------------------------------------------------------------

CYCLE = [f"#{c}" for c in re.findall(r"'([0-9A-F]{6})'", Path(STYLE).read_text())]
WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
# Linear RGB as seen by people without the red, green or blue cones (Machado et al., 2009,
# severity 1, doi:10.1109/TVCG.2009.113).
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear RGB (3,), white D65."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
              [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_measures_of_colour_are_right():
    assert lab(linear("white")) == pytest.approx([100, 0, 0], abs=0.02)
    assert lab(linear("black")) == pytest.approx([0, 0, 0], abs=0.02)
    assert lab(linear("red")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    for matrix in BLIND.values():
        assert np.array(matrix) @ linear("0.5") == pytest.approx(linear("0.5"), abs=1e-4)
    far = np.linalg.norm(lab(linear("#cc0000")) - lab(linear("#4a7a00")))
    blind = np.linalg.norm(np.subtract(*(
        lab(BLIND["deutan"] @ linear(c)) for c in ("#cc0000", "#4a7a00")
    )))  # fmt: skip
    assert blind < far / 2  # red and green are confused


@pytest.mark.parametrize("kind", BLIND)
def test_colours_stay_apart_for_colour_blind_readers(kind):
    seen = [lab(np.array(BLIND[kind]) @ linear(color)) for color in CYCLE]
    gaps = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert len(CYCLE) == 7
    assert min(gaps) > 9  # 2.3 is just noticeable


def many_marks():
    """One axes of every plot that tells several things apart, as it is drawn for three."""
    rng, three = np.random.default_rng(0), ("one", "two", "three")
    ys = {name: rng.uniform(size=5) for name in three}
    points, groups = rng.normal(size=(30, 2)), np.arange(30) % 3
    bands = {name: rng.uniform(size=(5, 3)) for name in three}
    steep = {name: (np.linspace(0, 1, 5), rng.uniform(size=5)) for name in three}
    drawn = {
        "named_curves": lambda ax: plots.named_curves(range(5), ys, ax=ax, xlabel="", ylabel=""),
        "angle_curves": lambda ax: plots.angle_curves(range(5), dict(list(ys.items())[:2]), ax=ax),
        "robustness_curves": lambda ax: plots.robustness_curves(
            range(5), bands, ax=ax, xlabel="", ylabel=""
        ),
        "precision_recall": lambda ax: plots.precision_recall_curves(steep, ax=ax),
        "distances": lambda ax: plots.distance_histogram(
            {n: rng.integers(0, 256, 50) for n in three}, ax=ax
        ),
        "relative_distances": lambda ax: plots.relative_distances(ys, ax=ax),
        "grouped_points": lambda ax: plots.grouped_points(points, groups, points[:3], ax=ax),
        "start_scatter": lambda ax: plots.start_scatter(
            {n: (rng.uniform(size=5), rng.uniform(size=5)) for n in three[:2]}, ax=ax
        ),
        "score_bars": lambda ax: plots.score_bars(
            {n: {"ari": 0.5, "nmi": 0.4} for n in three}, ax=ax
        ),
        "state_bars": lambda ax: plots.state_bars(
            ["a", "b"], {n: [1, 2] for n in three}, ax=ax, label=""
        ),
        "near_and_far": lambda ax: plots.near_and_far(
            {"a": (0.2, np.array([0.5, 0.9]))}, ax=ax, own="itself"
        ),
    }
    return drawn


def looks(ax):
    """What tells the things of an axes apart in grey: lightness and shape of each."""
    handles = ax.get_legend_handles_labels()[0] or ax.collections or ax.lines
    found = []
    for handle in handles:
        first = handle[0] if isinstance(handle, tuple) or hasattr(handle, "patches") else handle
        if hasattr(first, "get_marker"):
            color = first.get_color()
            shape = (str(first.get_marker()), str(first.get_linestyle()), first.get_fillstyle())
        elif hasattr(first, "get_hatch") and not hasattr(first, "get_paths"):
            color, shape = first.get_facecolor(), (first.get_hatch(), str(first.get_linestyle()))
        else:
            color = first.get_edgecolor()[0]
            shape = (first.get_paths()[0].vertices.shape, first.get_hatch())
        rgba = np.array(to_rgba(color))
        shade = rgba[:3] * rgba[3] + 1 - rgba[3]
        found.append((lab(linear(tuple(shade)))[0], shape))
    return found


@pytest.mark.parametrize("name", many_marks())
def test_things_that_stand_together_can_be_told_apart_in_grey(name):
    ax = plots.new_axes()
    many_marks()[name](ax)
    found = looks(ax)
    plt.close(ax.figure)
    assert len(found) >= 2
    for (light, shape), (other_light, other_shape) in itertools.combinations(found, 2):
        assert shape != other_shape or abs(light - other_light) > 15, found


# --- the pages of `make html`, in a browser --------------------------------------------------

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


@pytest.mark.slow
@all_notebooks
def test_the_page_shows_all_and_asks_for_nothing(path, folder, browser):
    with opened(browser, folder / f"{path.stem}.html") as (page, asked, said):
        answers = page.locator("details")
        questions = [c for c in cells(path, "markdown") if "**Predict (" in c.source]
        assert page.get_by_text("Predict (M").count() == len(questions)
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
        question = page.locator("summary").first
        answer = page.locator("details").first
        assert not answer.evaluate("d => d.open")
        for _ in range(30):
            page.keyboard.press("Tab")
            if question.evaluate("q => q === document.activeElement"):
                break
        assert question.evaluate("q => getComputedStyle(q).outlineStyle") != "none"
        page.keyboard.press("Enter")
        assert answer.evaluate("d => d.open")
