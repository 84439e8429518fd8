"""The microscopes in JupyterLab and Chromium, driven by keyboard and mouse as a reader would."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from browser import (
    TRACEBACK,
    Lab,
    Visit,
    chromium,
    decoded,
    errors_shown,
    expect_pixels,
    open_browser,
    pointer_latencies,
    run_notebook,
    running_lab,
    write_notebook,
)
from playwright.sync_api import Locator, Page, expect

from imagegroup.widgets import brief, brief_frames, brief_state, draw, fast, fast_state

pytestmark = pytest.mark.slow  # each opens JupyterLab anew: 10 to 20 s on two cores

CELL = """
import cv2
import numpy as np
from imagegroup.widgets import brief_microscope, fast_microscope
photo = np.load("photo.npy")
"""
CELLS = {
    "fast.ipynb": CELL + "fast_microscope(photo)",
    "fast_640.ipynb": CELL + "fast_microscope(cv2.resize(photo, (640, 480)))",
    "brief.ipynb": CELL + "brief_microscope(photo)",
}


@pytest.fixture(scope="module")
def serve(tmp_path_factory, photo) -> Iterator[Callable[[str], Lab]]:
    """Give a JupyterLab in a theme, started when first asked for; all end with the module."""
    chromium()
    running = {}
    with contextlib.ExitStack() as servers:

        def start(theme: str) -> Lab:
            if theme not in running:
                folder, state = (tmp_path_factory.mktemp(name) for name in ("folder", "state"))
                np.save(folder / "photo.npy", photo)
                for name, cell in CELLS.items():
                    write_notebook(folder / name, cell)
                running[theme] = servers.enter_context(running_lab(folder, state, theme))
            return running[theme]

        yield start


@pytest.fixture(params=[("JupyterLab Light", 1)], ids=lambda p: f"{p[0]} at {p[1]}")
def visit(request, serve) -> Iterator[Visit]:
    """Give a browser whose page asked nobody but this machine and shows no traceback."""
    theme, zoom = request.param
    lab = serve(theme)
    with open_browser(lab, zoom) as visit:
        yield visit
        lab.end_kernels()
        assert visit.strangers == []
        assert len(visit.asked) > 20
        assert errors_shown(visit.page) == []


def show(visit: Visit, name: str) -> list:
    """Run a notebook of one microscope; return its pictures once they are drawn."""
    run_notebook(visit, name)
    pictures = visit.page.locator(".ig-pixels-picture[data-drawn]")
    visit.page.locator(f".ig-pixels-picture[data-drawn], {TRACEBACK}").first.wait_for()
    assert errors_shown(visit.page) == []
    expect(visit.page.locator(".ig-pixels-picture")).to_have_count(pictures.count())
    return pictures.all()


def expect_fast(page: Page, pictures: list, state: fast_state.FastState) -> None:
    """Expect words and lens to be what Python makes of a state."""
    live = page.locator(".ig-pixels-says[aria-live=polite]").first
    lines = [f"Pixel ({state.x}, {state.y}), grey {state.image[state.y, state.x]}."]
    lines += [fast_state.verdict(state), fast_state.opencv_says(state)]
    expect(live).to_have_text("\n".join(lines))
    expect(pictures[1]).to_have_attribute("aria-label", fast_state.describe_ring(state))
    expect_pixels(pictures[1], fast.draw_lens(state))


def expect_photo(picture: Locator, frame: np.ndarray) -> None:
    """Expect a frame as its JPEG looks; decoders round differently."""
    expect_pixels(picture, cv2.imdecode(np.frombuffer(draw.jpeg(frame), np.uint8), 1), tolerance=4)


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the focus is on what has this role, type, label or text."""
    what = """() => { const e = document.activeElement;
        return [e.getAttribute("role"), e.type, e.getAttribute("aria-label"), e.innerText]; }"""
    for _ in range(20):
        page.keyboard.press("Tab")
        if any(re.search(label, text or "") for text in page.evaluate(what)):
            return
    raise AssertionError(f"Tab never reached {label}; last: {page.evaluate(what)}")


def leave_the_code(page: Page) -> None:
    """Go where a reader is who just ran a cell: on the cell, not in its text."""
    page.locator(".jp-InputPrompt").first.click()
    page.keyboard.press("Escape")


def test_arrow_keys_move_the_lens(visit, photo):
    pictures = show(visit, "fast.ipynb")
    state = fast_state.start(photo)
    expect_fast(visit.page, pictures, state)
    leave_the_code(visit.page)
    tab_to(visit.page, "^Photo of 480 x 360")
    for key, shift in [("ArrowRight", False), ("ArrowDown", True), ("+", False)]:
        visit.page.keyboard.press(f"Shift+{key}" if shift else key)
        state = fast_state.press(state, key, shift)
        expect_fast(visit.page, pictures, state)


def test_fast_with_the_keyboard_alone(visit, photo, tmp_path):
    pictures = show(visit, "fast.ipynb")
    page, state = visit.page, fast_state.start(photo)
    leave_the_code(page)
    tab_to(page, "^Photo of 480 x 360")
    outline = pictures[0].evaluate("e => getComputedStyle(e).outlineStyle + ' ' + e.tabIndex")
    assert outline == "solid 0"
    keys = ["ArrowLeft"] * 3 + ["Shift+ArrowUp"] * 2 + ["-"] * 5 + [" "]
    for key in keys:
        page.keyboard.press(key)
        state = fast_state.press(state, key.removeprefix("Shift+"), key.startswith("Shift+"))
    expect_fast(page, pictures, state)
    expect_photo(pictures[0], fast.draw_photo(state))

    tab_to(page, "^slider$")
    page.keyboard.press("ArrowRight")
    state = fast_state.change_threshold(state, state.threshold + 1)
    expect_fast(page, pictures, state)

    tab_to(page, "^checkbox$")
    page.keyboard.press(" ")
    state = fast_state.show_corners(state, False)
    expect_photo(pictures[0], fast.draw_photo(state))
    page.screenshot(path=tmp_path / "fast.png")


def test_fast_with_the_mouse(visit, photo, tmp_path):
    pictures = show(visit, "fast.ipynb")
    page, state = visit.page, fast_state.start(photo)

    def go(x: int, y: int) -> None:
        box = pictures[0].bounding_box()
        across, down = (x + 0.5) / 480, (y + 0.5) / 360
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])

    go(200, 90)
    expect_fast(page, pictures, fast_state.move(state, 200, 90))
    go(333, 222)
    expect_fast(page, pictures, fast_state.move(state, 333, 222))
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".ig-pixels-hint").first).to_contain_text("follow the mouse again")
    go(100, 100)
    page.wait_for_timeout(1000)
    expect_fast(page, pictures, fast_state.move(state, 333, 222))
    page.mouse.down()
    page.mouse.up()
    expect_fast(page, pictures, fast_state.move(state, 100, 100))
    page.screenshot(path=tmp_path / "fast.png")


def test_every_move_brings_a_new_picture(visit, record_property):
    pictures = show(visit, "fast_640.ipynb")
    assert decoded(pictures[0]).shape == (480, 640, 3)
    times = pointer_latencies(visit.page, pictures[0], pictures[1])
    assert len(times) == 50
    record_property("median ms from pointer to picture", float(np.median(times)))
    print(f"pointer to picture: median {np.median(times):.0f} ms, slowest {max(times):.0f} ms")


def expect_brief(page: Page, pictures: list, state: brief_state.BriefState) -> None:
    """Expect words, patches and bits to be what Python makes of a state."""
    before, after = brief_state.read(state, 0), brief_state.read(state, state.turn)
    live = page.locator(".ig-pixels-says[aria-live=polite]").nth(1)
    expect(live).to_have_text(brief_state.words(state, before, after))
    expect_pixels(pictures[1], brief.draw_patches(state, before, after))
    for mode in (0, 1):
        expect_pixels(pictures[2 + mode], brief.draw_bits(state, before, after, mode))


def test_brief_with_the_keyboard_alone(visit, photo, tmp_path):
    pictures = show(visit, "brief.ipynb")
    page, state = visit.page, brief_state.start(photo)
    expect_brief(page, pictures, state)
    leave_the_code(page)
    tab_to(page, "^Photo with")
    for key in ["a", "n", "n", "b", "s", "ArrowRight", "Shift+ArrowUp"]:
        page.keyboard.press(key)
        state = brief_state.press(state, key.removeprefix("Shift+"), key.startswith("Shift+"))
    expect_brief(page, pictures, state)

    tab_to(page, "^slider$")
    page.keyboard.press("ArrowLeft")
    state = brief_state.turn(state, state.turn - 1)
    expect_brief(page, pictures, state)

    tab_to(page, "^number$")
    page.keyboard.press("Control+a")
    page.keyboard.type("37")
    tab_to(page, "^Guess$")
    expect(page.locator(".ig-pixels-says[aria-live=polite]").nth(1)).to_contain_text("Guess first")
    page.keyboard.press(" ")
    state = brief_state.guess(state, 37)
    expect_brief(page, pictures, state)
    for label in ("^Pick A$", "^Pick B$", "^256 bits without", "^256 bits with steering"):
        tab_to(page, label)
    page.screenshot(path=tmp_path / "brief.png")


def test_brief_with_the_mouse(visit, photo, tmp_path):
    pictures = show(visit, "brief.ipynb")
    page, state = visit.page, brief_state.start(photo)
    for i in (30, 200):
        x, y = (state.keypoints[i] + 0.5) / [480, 360]
        box = pictures[0].bounding_box()
        page.mouse.click(box["x"] + float(x) * box["width"], box["y"] + float(y) * box["height"])
        nearest = np.hypot(*(state.keypoints - state.keypoints[i]).T).argmin()
        state = brief_state.choose(state, int(nearest))
        expect_brief(page, pictures, state)
    page.get_by_role("button", name="Pick A").click()
    page.get_by_role("button", name="Guess").click()
    state = brief_state.guess(brief_state.pick(state, "a"), 0)
    expect_brief(page, pictures, state)
    box = pictures[3].bounding_box()
    pictures[3].click(position={"x": box["width"] / 3, "y": box["height"] / 2})
    scale = decoded(pictures[3]).shape[1] / box["width"]
    bit = brief_frames.bit_at(box["width"] / 3 * scale, box["height"] / 2 * scale)
    expect_brief(page, pictures, brief_state.choose_bit(state, bit))
    page.screenshot(path=tmp_path / "brief.png")


@pytest.mark.parametrize("name", ["fast.ipynb", "brief.ipynb"])
@pytest.mark.parametrize(
    "visit",
    [("JupyterLab Light", 2), ("JupyterLab Dark", 1), ("JupyterLab Dark", 2)],
    indirect=True,
    ids=lambda p: f"{p[0]} at {p[1]}",
)
def test_themes_and_zoom(visit, name, tmp_path, request):
    pictures = show(visit, name)
    page = visit.page
    assert (
        page.evaluate("document.body.dataset.jpThemeLight")
        == str("Light" in request.node.callspec.id).lower()
    )
    cell = page.locator(".jp-OutputArea-output").first.bounding_box()
    for i, picture in enumerate(pictures):
        box = picture.bounding_box()
        assert box["x"] + box["width"] <= cell["x"] + cell["width"]
        assert box["width"] >= 200
        picture.screenshot(path=tmp_path / f"{i}.png")
    # Words and page must differ in lightness as WCAG asks of text: 4.5 to 1.
    for line in page.locator(".ig-pixels-says:visible, .ig-pixels-hint:visible").all():
        assert contrast(line.evaluate(COLOURS)) > 4.5
    page.screenshot(path=tmp_path / "page.png")


COLOURS = """line => {
  const colour = (e, name) => getComputedStyle(e)[name].match(/[0-9.]+/g).map(Number);
  let behind = line;
  while (behind.parentElement && colour(behind, "backgroundColor")[3] === 0)
    behind = behind.parentElement;
  return [colour(line, "color"), colour(behind, "backgroundColor")];
}"""


def contrast(colours: list[list[float]]) -> float:
    """Return the contrast ratio of WCAG 2.2 of a text on a ground; the text may be translucent."""
    text, ground = (np.array(colour[:3]) / 255 for colour in colours)
    alpha = colours[0][3] if len(colours[0]) > 3 else 1
    light = []
    for colour in (alpha * text + (1 - alpha) * ground, ground):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        light.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(light) + 0.05) / (min(light) + 0.05)
