"""The ORB explorer in JupyterLab and Chromium, driven by keyboard and mouse."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from browser import (
    TRACEBACK,
    Lab,
    Visit,
    chromium,
    errors_shown,
    open_browser,
    run_notebook,
    running_lab,
    write_notebook,
)
from playwright.sync_api import Locator, Page, expect
from test_browser import expect_photo, leave_the_code, tab_to

from imagegroup import OrbParams, samples
from imagegroup.widgets import orb
from imagegroup.widgets import orb_state as knobs

pytestmark = pytest.mark.slow  # each opens JupyterLab anew: 10 to 20 s on two cores

CELL = """
import numpy as np
from imagegroup.widgets import orb_explorer
orb_explorer(dict(np.load("photos.npz")))
"""
MOVES = 20


@pytest.fixture(scope="module")
def photos() -> dict[str, np.ndarray]:
    """Give two photos of 640 px, grey."""
    grey = {n: cv2.cvtColor(samples.photo(n), cv2.COLOR_RGB2GRAY) for n in ("china", "coffee")}
    return {name: cv2.resize(image, (640, 427)) for name, image in grey.items()}


@pytest.fixture(scope="module")
def lab(tmp_path_factory, photos) -> Iterator[Lab]:
    """Give a JupyterLab with a notebook of the explorer."""
    chromium()
    folder, state = (tmp_path_factory.mktemp(name) for name in ("folder", "state"))
    np.savez(folder / "photos.npz", **photos)
    write_notebook(folder / "orb.ipynb", CELL)
    with running_lab(folder, state) as lab:
        yield lab


@pytest.fixture
def visit(lab) -> Iterator[Visit]:
    """Give a browser whose page asked nobody but this machine and shows no traceback."""
    with open_browser(lab) as visit:
        visit.page.set_viewport_size({"width": 1280, "height": 1600})
        yield visit
        lab.end_kernels()
        assert visit.strangers == []
        assert len(visit.asked) > 20
        assert errors_shown(visit.page) == []


def expect_state(page: Page, pictures: list, state: knobs.OrbState) -> None:
    """Expect words, pictures, sliders and code to be what Python makes of a state."""
    photo, kept, matches, octaves = pictures
    says = page.locator(".ig-pixels-says[aria-live=polite]")
    expect(says.nth(0)).to_have_text(state.complaint or f"A: {knobs.words(state.a)}")
    expect_photo(photo, orb.draw_keypoints(state.image, state.a))
    matched = knobs.match(state, state.a)
    lines = [f"A: {knobs.match_words(matched)}"]
    if state.b:
        expect(says.nth(1)).to_have_text(f"B: {knobs.words(state.b)}")
        expect_photo(kept, orb.draw_keypoints(state.image, state.b))
        lines.append(f"B: {knobs.match_words(knobs.match(state, state.b))}")
    else:
        expect(kept).to_be_hidden()
    expect(says.nth(2)).to_have_text("\n".join(lines))
    expect_photo(matches, orb.draw_matches(state, matched))
    counts = ", ".join(map(str, knobs.per_octave(state.a)))
    expect(octaves).to_have_attribute("aria-label", f"Keypoints by octave: {counts}")
    expect(page.get_by_label("as code")).to_have_value(knobs.as_code(state.a.params))


def pictures_of(visit: Visit) -> list[Locator]:
    """Run the notebook; return the explorer's four pictures, of which B's is hidden at first."""
    run_notebook(visit, "orb.ipynb")
    page = visit.page
    page.locator(f".ig-pixels-picture[data-drawn], {TRACEBACK}").first.wait_for()
    expect(page.locator(".ig-pixels-picture[data-drawn]")).to_have_count(3)
    expect(page.locator(".ig-pixels-picture")).to_have_count(4)
    return page.locator(".ig-pixels-picture").all()


def slider(page: Page, name: str) -> Locator:
    """Return what the keyboard moves for a parameter, by the name that a screen reader says."""
    return page.get_by_role("slider", name=name, exact=True)


def test_explorer_with_the_keyboard_alone(visit, photos, tmp_path):
    pictures = pictures_of(visit)
    page, state = visit.page, knobs.start(photos, OrbParams())
    expect_state(page, pictures, state)
    leave_the_code(page)
    tab_to(page, "^photo$|^select-one$")
    for name, step in [("n_features", 20), ("scale_factor", 0.05), ("n_levels", 1)]:
        tab_to(page, "^slider$")
        page.keyboard.press("ArrowRight")
        value = round(getattr(state.a.params, name) + step, 2)
        state = knobs.turn(state, name, value)
        expect_state(page, pictures, state)
    tab_to(page, "^Keep as B$")
    page.keyboard.press("Space")
    state = knobs.keep(state)
    expect_state(page, pictures, state)
    page.screenshot(path=tmp_path / "keyboard.png")


def test_explorer_with_the_mouse(visit, photos, tmp_path):
    pictures = pictures_of(visit)
    page, state = visit.page, knobs.start(photos, OrbParams())
    page.screenshot(path=tmp_path / "start.png")
    slider(page, "fast_threshold").press("End")
    state = knobs.turn(state, "fast_threshold", 100)
    expect_state(page, pictures, state)
    for name, act in [("Keep as B", knobs.keep), ("Reset", knobs.reset), ("Swap A", knobs.swap)]:
        page.get_by_role("button", name=name).click()
        state = act(state)
        expect_state(page, pictures, state)
    page.get_by_label("score_type").select_option("fast")
    state = knobs.turn(state, "score_type", "fast")
    expect_state(page, pictures, state)
    page.get_by_label("photo", exact=True).select_option("coffee")
    state = knobs.choose(state, "coffee")
    expect_state(page, pictures, state)
    page.screenshot(path=tmp_path / "coffee.png")


def test_a_setting_that_cannot_be_is_refused_in_words(visit, photos):
    pictures = pictures_of(visit)
    page, state = visit.page, knobs.start(photos, OrbParams())
    slider(page, "scale_factor").press("End")
    state = knobs.turn(state, "scale_factor", 2.0)
    slider(page, "first_level").press("End")
    state = knobs.turn(state, "first_level", 4)
    assert "enlarges" in state.complaint
    expect_state(page, pictures, state)
    expect(slider(page, "first_level")).to_have_attribute("aria-valuenow", "0.0")


STOPWATCH = """
([handle, photo, matches]) => {
  window.igTimes = [[], []];
  const since = [0, 0];
  handle.addEventListener("keydown", () => since.fill(performance.now()), true);
  const answer = (i) =>
    since[i] && window.igTimes[i].push(performance.now() - since[i]) && (since[i] = 0);
  [photo, matches].forEach((picture, i) =>
    new MutationObserver(() => answer(i)) // a picture that nobody asked for since is an old one
      .observe(picture, { attributes: true, attributeFilter: ["data-drawn"] }));
}
"""


def test_every_step_of_a_slider_brings_new_pictures(visit, record_property):
    photo, _, matches, _ = pictures_of(visit)
    page, handle = visit.page, slider(visit.page, "n_features")
    handle.focus()
    page.wait_for_timeout(500)
    page.evaluate(STOPWATCH, [e.element_handle() for e in (handle, photo, matches)])
    for i in range(MOVES):
        page.keyboard.press("ArrowRight" if i % 4 < 2 else "ArrowLeft")
        page.wait_for_function("n => window.igTimes.every(t => t.length > n)", arg=i)
        page.wait_for_timeout(50)
    for what, times in zip(("keypoints", "matches"), page.evaluate("window.igTimes"), strict=True):
        assert len(times) == MOVES
        record_property(f"median ms from slider to {what}", float(np.median(times)))
        print(f"slider to {what}: median {np.median(times):.0f} ms, slowest {max(times):.0f} ms")


def test_letters_typed_on_a_button_do_nothing_to_the_notebook(visit):
    pictures_of(visit)
    page = visit.page
    leave_the_code(page)
    tab_to(page, "^Reset$")
    before = page.locator(".jp-Cell").count()
    for key in "addb":  # insert above, delete, insert below
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    expect(page.locator(".jp-Cell")).to_have_count(before)
    expect(page.get_by_role("button", name="Keep as B")).to_be_visible()
