"""The K-means stepper in JupyterLab and Chromium, driven by keyboard and mouse."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator

import numpy as np
import pytest
from browser import (
    Lab,
    Visit,
    chromium,
    errors_shown,
    expect_pixels,
    open_browser,
    running_lab,
    wait_for,
    write_notebook,
)
from playwright.sync_api import Locator, Page, expect
from test_browser import expect_photo, leave_the_code, show, tab_to

from imagegroup import DEFAULT, group_images
from imagegroup.samples import make_album
from imagegroup.widgets import kmeans, kmeans_frames, kmeans_photos, kmeans_words
from imagegroup.widgets import kmeans_state as steps

pytestmark = pytest.mark.slow  # each opens JupyterLab anew: 10 to 20 s on two cores

CELL = """
import pickle
from imagegroup.widgets import kmeans_stepper
"""
PHOTOS = 'kmeans_stepper(pickle.load(open("grouping.pickle", "rb")))'


@pytest.fixture(scope="module")
def grouping(tmp_path_factory):
    """Give the groups of a small album."""
    album = make_album(tmp_path_factory.mktemp("album") / "small", views=3)
    return group_images(album, DEFAULT.with_values(k=12))


@pytest.fixture(scope="module")
def lab(tmp_path_factory, grouping) -> Iterator[Lab]:
    """Give a JupyterLab with a notebook of points and one of photos."""
    chromium()
    folder, state = (tmp_path_factory.mktemp(name) for name in ("folder", "state"))
    (folder / "grouping.pickle").write_bytes(pickle.dumps(grouping))
    write_notebook(folder / "points.ipynb", CELL + "kmeans_stepper()")
    write_notebook(folder / "photos.ipynb", CELL + PHOTOS)
    with running_lab(folder, state) as lab:
        yield lab


@pytest.fixture
def visit(lab) -> Iterator[Visit]:
    """Give a browser whose page asked nobody but this machine and shows no traceback."""
    with open_browser(lab) as visit:
        yield visit
        lab.end_kernels()
        assert visit.strangers == []
        assert errors_shown(visit.page) == []


def expect_state(page: Page, pictures: list, state: steps.KMeansState) -> None:
    """Expect words, pictures and the button to be what Python makes of a state."""
    live = page.locator(".ig-pixels-says[aria-live=polite]").first
    expect(live).to_have_text(kmeans_words.words(state))
    expect(pictures[0]).to_have_attribute("aria-label", kmeans_words.describe(state))
    expect_pixels(pictures[0], kmeans_frames.draw_plane(state))
    expect_pixels(pictures[1], kmeans_frames.draw_trace(state))
    name = kmeans_words.NEXT[steps.next_move(state)]
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def on_page(picture: Locator, x: float, y: float) -> tuple[float, float]:
    """Return where a px of the plane lies on the page."""
    box, (width, height) = picture.bounding_box(), kmeans_frames.SIZE
    return box["x"] + x / width * box["width"], box["y"] + y / height * box["height"]


def focused(page: Page) -> str:
    """Return the text or label of what has the focus."""
    return page.evaluate(
        "() => document.activeElement.innerText || document.activeElement.ariaLabel"
    )


def test_points_with_the_keyboard_alone(visit, tmp_path):
    pictures = show(visit, "points.ipynb")
    page, state = visit.page, steps.start(kmeans.example_points("clumps"), name="clumps")
    expect_state(page, pictures, state)
    leave_the_code(page)
    tab_to(page, "^Plane with 90 points")
    for key in [" ", "n", "g", "Shift+ArrowUp", "ArrowLeft", "Enter", " "]:
        page.keyboard.press("Space" if key == " " else key)
        state = steps.press(state, key.removeprefix("Shift+"), key.startswith("Shift+"))
        expect_state(page, pictures, state)
    page.screenshot(path=tmp_path / "guess.png")
    for key in ["a", "Shift+ArrowDown", "ArrowRight", " ", " ", "d", "b", "b", "p", "Delete", "r"]:
        page.keyboard.press("Space" if key == " " else key)
        state = steps.press(state, key.removeprefix("Shift+"), key.startswith("Shift+"))
    expect_state(page, pictures, state)
    assert focused(page).startswith("Plane with")

    tab_to(page, "^Converged$")
    tab_to(page, "^Back$")
    for _ in range(3):
        page.keyboard.press("Space")
        state = steps.back(state)
        expect_state(page, pictures, state)
        assert focused(page) == "Back"
    tab_to(page, "^New start: k-means")
    page.keyboard.press("Enter")
    state = steps.restart(state, "k-means++")
    expect_state(page, pictures, state)
    assert focused(page) == "New start: k-means++"


def test_points_with_the_mouse(visit, tmp_path):
    pictures = show(visit, "points.ipynb")
    page, state = visit.page, steps.start(kmeans.example_points("clumps"), name="clumps")
    for name in ("Assign", "Move centres", "Assign"):
        page.get_by_role("button", name=name, exact=True).click()
        state = steps.step(state)
        expect_state(page, pictures, state)
        assert focused(page) == kmeans_words.NEXT[steps.next_move(state)]
    page.mouse.click(*on_page(pictures[0], 500, 100))
    state = steps.predict(state, kmeans_frames.to_plane(state, 500, 100))
    expect(page.locator(".ig-pixels-says").first).to_contain_text("your guess is the ?")

    x, y = kmeans_frames.to_frame(state, state.now.centers)[1].tolist()
    page.mouse.move(*on_page(pictures[0], x, y))
    page.mouse.down()
    page.mouse.move(*on_page(pictures[0], x + 2, y - 1))  # a hand that shakes does not drag
    page.mouse.up()
    state = steps.choose(state, 1)
    expect_state(page, pictures, state)
    page.mouse.move(*on_page(pictures[0], x, y))
    page.mouse.down()
    for i in range(1, 11):
        page.mouse.move(*on_page(pictures[0], x - 15 * i, y + 10 * i))
    page.mouse.up()
    expect(page.locator(".ig-pixels-says").first).to_contain_text("You moved centre 2 to")
    page.screenshot(path=tmp_path / "dragged.png")
    page.mouse.move(*on_page(pictures[0], 30, 30))  # let go: it stays
    page.wait_for_timeout(500)
    wanted = kmeans_frames.to_plane(state, x - 150, y + 100)
    near = (state.high - state.low)[0] / 200
    wait_for(lambda: (abs(told(pictures[0])[1] - wanted) < near).all(), "the centre to arrive")
    np.testing.assert_allclose(told(pictures[0])[0], state.now.centers[0], rtol=0.001)

    for name, centres in [("Add a centre", 4), ("Remove the centre", 3), ("Back", 4)]:
        page.get_by_role("button", name=name).click()
        expect(pictures[0]).to_have_attribute("aria-label", re.compile(f"and {centres} centres"))
        assert focused(page) == name
    page.get_by_role("button", name="Run to the end").click()
    expect(page.get_by_role("button", name="Converged")).to_be_visible()
    page.screenshot(path=tmp_path / "end.png")
    page.get_by_label("points", exact=True).select_option(label="two moons")
    moons = steps.start(kmeans.example_points("moons"), 4, name="moons")
    expect_state(page, pictures, moons)


def told(picture: Locator) -> np.ndarray:
    """Return where the centres lie, (k, 2), as the plane's text tells it."""
    return np.array(re.findall(r"at \((\S+), (\S+)\)", picture.get_attribute("aria-label")), float)


def test_photos(visit, grouping, tmp_path):
    pictures = show(visit, "photos.ipynb")
    page = visit.page
    points, photos = kmeans_photos.read_photos(grouping)
    state = steps.start(points, 12, photos=photos)
    leave_the_code(page)
    tab_to(page, "^Plane with 36 photos")
    for key in [" ", " ", "r", "n"]:
        page.keyboard.press("Space" if key == " " else key)
        state = steps.press(state, key)
    live = page.locator(".ig-pixels-says[aria-live=polite]")
    expect(live.nth(0)).to_have_text(kmeans_words.words(state))
    expect(live.nth(2)).to_have_text(kmeans_words.in_all_numbers(state))
    expect_photo(pictures[0], kmeans_frames.draw_plane(state))
    expect_photo(pictures[2], kmeans_frames.draw_sheet(state))
    expect(pictures[2]).to_have_attribute("aria-label", kmeans_words.describe_sheet(state))
    page.screenshot(path=tmp_path / "photos.png")
