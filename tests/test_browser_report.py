"""The report in a real browser, opened from disk: nothing leaves, nothing runs, all can use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from browser import FLAGS, chromium
from groupings import hostile_grouping, made_grouping
from playwright.sync_api import sync_playwright

from imagegroup import DEFAULT, group_images
from imagegroup.names import display_name
from imagegroup.report import write_report
from imagegroup.skips import SkippedFile, SkipReason

pytestmark = pytest.mark.slow
PHONE, DESK = (375, 667), (1280, 900)


@contextmanager
def opened(path, size=DESK, scheme="light") -> Iterator:
    """Open a file from disk; gives the page and what it asked for, ran and complained of."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            viewport = dict(zip(("width", "height"), size, strict=True))
            page = browser.new_page(viewport=viewport, color_scheme=scheme)
            seen = {"asked": [], "dialogs": [], "said": []}
            page.on("request", lambda request: seen["asked"].append(request.url))
            page.on("dialog", lambda box: (seen["dialogs"].append(box.message), box.dismiss()))
            page.on("console", lambda message: seen["said"].append(message.text))
            page.on("pageerror", lambda error: seen["said"].append(str(error)))
            page.goto(path.as_uri())
            page.wait_for_load_state()
            yield page, seen
        finally:
            browser.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return hostile_grouping(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def nasty(hostile, tmp_path_factory):
    corrections = {"edits": 3, "<script>alert(1)</script>": "<img src=x onerror=alert(1)>"}
    names = {0: "cats", 1: "<img src=x onerror=alert(1)>"}
    path = tmp_path_factory.mktemp("report") / "report.html"
    return write_report(hostile, path, names=names, corrections=corrections)


@pytest.fixture(scope="module")
def plain(album, tmp_path_factory):
    grouping = group_images(album, DEFAULT.with_values(ks=range(1, 15), n_init=1))
    return write_report(grouping, tmp_path_factory.mktemp("report") / "report.html")


def test_nothing_leaves_and_nothing_runs(nasty):
    with opened(nasty) as (page, seen):
        others = [url for url in seen["asked"] if not url.startswith("data:image/webp;base64,")]
        assert others == [nasty.as_uri()]
        assert seen["dialogs"] == []
        assert seen["said"] == []
        assert page.locator("script, iframe, object, embed, link, form, svg").count() == 0


def test_the_policy_stops_what_would_slip_through(nasty, tmp_path):
    slipped = '<script>document.title = "ran"</script><img src="https://example.org/a.png">'
    slipped += '<p style="color: red">'
    path = tmp_path / "slipped.html"
    path.write_text(nasty.read_text().replace("<main>", f"<main>{slipped}", 1))
    with opened(path) as (page, seen):
        assert page.title() != "ran"
        blocked = [text for text in seen["said"] if "Content Security Policy" in text]
        assert len(blocked) == 3, seen["said"]


def test_hostile_names_are_text(nasty, hostile):
    with opened(nasty) as (page, _):
        shown = page.locator("bdi").all_text_contents()
        for name in hostile.paths:
            assert display_name(name) in shown or display_name(display_name(name), 60) in shown
        assert "Group 1: <img src=x onerror=alert(1)>" in page.locator("h3").all_text_contents()


def test_every_picture_is_drawn(plain):
    with opened(plain) as (page, _):
        sizes = page.locator("img").evaluate_all("images => images.map(i => i.naturalWidth)")
        assert len(sizes) == 96 + 1
        assert set(sizes[:96]) == {112}
        assert sizes[96] > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_no_serious_fault(plain, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with opened(plain, size, scheme) as (page, _):
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        faults = Axe().run(page).response["violations"]
    assert faults == [], json.dumps([(f["id"], f["impact"], f["help"]) for f in faults])


def test_axe_would_find_a_fault(plain, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "blind.html"
    path.write_text(
        plain.read_text().replace('alt="Photo', 'title="Photo', 1).replace('lang="en"', "")
    )
    with opened(path) as (page, _):
        assert "html-has-lang" in {f["id"] for f in Axe().run(page).response["violations"]}


@pytest.mark.parametrize("which", ["plain", "nasty"])
def test_a_phone_needs_no_sideways_scroll(which, request):
    with opened(request.getfixturevalue(which), PHONE) as (page, _):
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_keyboard_reaches_all(plain):
    with opened(plain) as (page, _):
        page.locator("summary").focus()
        page.keyboard.press("Enter")
        assert page.locator("details td").first.is_visible()
        page.evaluate("document.activeElement.blur(); document.body.tabIndex = -1")
        page.evaluate("document.body.focus()")
        reachable = page.locator("a, summary, div[tabindex]")
        for _ in range(reachable.count()):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            focused.evaluate("el => el.dataset.seen = (Number(el.dataset.seen) || 0) + 1")
            assert focused.evaluate("el => getComputedStyle(el).outlineStyle") != "none"
        seen = reachable.evaluate_all("all => all.map(el => el.dataset.seen)")
        assert set(seen) == {"1"}


def test_the_first_key_offers_to_skip_to_the_groups(plain):
    with opened(plain) as (page, _):
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the groups"
        page.keyboard.press("Enter")
        assert page.url.endswith("#groups")


def test_it_can_be_read_in_the_dark(plain):
    for scheme, dark in (("light", False), ("dark", True)):
        with opened(plain, DESK, scheme) as (page, _):
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            lightness = np.mean([int(part) for part in colour[4:-1].split(",")])
            assert (lightness < 128) == dark


def test_a_long_name_breaks(tmp_path, album):
    paths = ("coins/00.jpg",)
    skipped_name = "w" * 240 + ".jpg"
    skipped = (SkippedFile(skipped_name, SkipReason.CORRUPT),)
    grouping = made_grouping(np.eye(1), [0], folder=album, paths=paths, skipped=skipped)
    with opened(write_report(grouping, tmp_path / "r.html"), PHONE) as (page, _):
        box = page.locator("tbody th bdi", has_text="www").bounding_box()
        assert box["width"] < PHONE[0]
