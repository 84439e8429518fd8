"""The desk in JupyterLab and Chromium, by mouse and by keyboard alone, as a reader would."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import (
    Lab,
    Visit,
    chromium,
    errors_shown,
    open_browser,
    run_notebook,
    running_lab,
    wait_for,
    write_notebook,
)
from corrections_case import grouping_of
from playwright.sync_api import Page, expect
from test_browser import leave_the_code, tab_to

from imagegroup.commands import Corrector
from imagegroup.grouping import Grouping
from imagegroup.samples import make_album

pytestmark = pytest.mark.slow  # each opens JupyterLab anew: 10 to 20 s on two cores

HOSTILE = "<img src=x onerror=alert(1)>.jpg"
CELLS = (
    "import os, pathlib, pickle\n"
    "from imagegroup.widgets import desk\n"
    "pathlib.Path('pid').write_text(str(os.getpid()))\n"
    "grouping = pickle.loads(pathlib.Path('{name}.pickle').read_bytes())",
    "desk(grouping, journal='{name}.jsonl')",
)


def copy_photos(album: Path, folder: Path, number: int) -> list[str]:
    """Copy photos of the album as often as it takes; one has a hostile name."""
    sources = sorted(album.rglob("*.jpg"))
    folder.mkdir()
    names = [f"{row:04d}.jpg" for row in range(number - 1)] + [HOSTILE]
    for row, name in enumerate(names):
        shutil.copy(sources[row % len(sources)], folder / name)
    return sorted(names)


def make_grouping(folder: Path, names: list[str], k: int) -> Grouping:
    """Group photos by their number; the vector of photo 5 lies with another group."""
    labels = np.arange(len(names)) % k
    rng = np.random.default_rng(2)
    vectors = rng.normal(0, 0.1, (len(names), 3_000)).astype(np.float32)
    vectors[np.arange(len(names)), labels] += 40
    vectors[5, [labels[5], labels[6]]] = vectors[5, [labels[6], labels[5]]]
    return grouping_of(labels, vectors, folder=folder, paths=tuple(names), skipped=2)


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Lab]:
    chromium()
    album = make_album(tmp_path_factory.mktemp("album") / "one", views=1)
    folder, state = (tmp_path_factory.mktemp(name) for name in ("folder", "state"))
    for name, number, k in (("few", 60, 4), ("many", 1_000, 20)):
        names = copy_photos(album, folder / name, number)
        grouping = make_grouping(folder / name, names, k)
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(grouping))
        write_notebook(folder / f"{name}.ipynb", *(cell.format(name=name) for cell in CELLS))
    with running_lab(folder, state) as lab:
        yield lab


@pytest.fixture(params=[1], ids=lambda zoom: f"zoom {zoom}")
def visit(request, lab) -> Iterator[Visit]:
    """Give a browser whose page asked nobody but this machine, shows no error and no alert."""
    for journal in lab.folder.glob("*.jsonl"):
        journal.unlink()
    with open_browser(lab, request.param) as visit:
        alerts, faults = [], []
        visit.page.on("dialog", lambda dialog: (alerts.append(dialog.type), dialog.accept()))
        visit.page.on("pageerror", lambda error: faults.append(str(error)))
        yield visit
        lab.end_kernels()
        assert (visit.strangers, faults) == ([], [])
        assert set(alerts) <= {"beforeunload"}  # JupyterLab's own, before it loads again
        assert errors_shown(visit.page) == []


def show(visit: Visit, name: str = "few") -> Page:
    """Run the notebook and wait for the first photos."""
    run_notebook(visit, f"{name}.ipynb")
    visit.page.locator(".ig-photo img[src]").first.wait_for()
    return visit.page


def photo(page: Page, row: int):
    return page.locator(f'.ig-photo[data-row="{row}"]')


def says(page: Page, words: str) -> None:
    expect(page.locator(".ig-grid-says")).to_contain_text(words)


def on_disk(lab: Lab, name: str = "few") -> Corrector:
    """Open the journal as another program would."""
    grouping = pickle.loads((lab.folder / f"{name}.pickle").read_bytes())
    return Corrector(grouping, lab.folder / f"{name}.jsonl")


def shots() -> Path | None:
    """Give the folder for pictures of the page, if one is wanted."""
    wanted = os.environ.get("IMAGEGROUP_SHOTS")
    return Path(wanted) if wanted else None


def shoot(page: Page, name: str) -> None:
    if shots():
        page.screenshot(path=shots() / f"{name}.png")


def test_with_the_mouse(visit, lab):
    page = show(visit)
    rows = [int(n.get_attribute("data-row")) for n in page.locator(".ig-photo").all()[:12]]
    photo(page, rows[1]).click()
    says(page, "1 photo selected")
    photo(page, rows[4]).click(modifiers=["Shift"])
    says(page, "4 photos selected")
    photo(page, rows[2]).click(modifiers=["Control"])
    photo(page, rows[7]).locator(".ig-check").click()
    says(page, "4 photos selected")
    chosen = {rows[i] for i in (1, 3, 4, 7)}
    selected = page.locator('.ig-photo[aria-selected="true"]')
    assert {int(n.get_attribute("data-row")) for n in selected.all()} == chosen
    shoot(page, "mouse_selected")
    page.get_by_role("button", name="next page").first.click()
    says(page, "4 photos selected, 4 of them on other pages")
    page.get_by_role("button", name="Move 4 photos to cluster_02").first.click()
    says(page, "Move 4 photos to cluster_02. Saved.")
    assert set(on_disk(lab).now.members(2)) >= chosen
    page.get_by_role("button", name="Undo: Move 4 photos to cluster_02").click()
    says(page, "Undone")
    assert on_disk(lab).now.groups.tolist() == [row % 4 for row in range(60)]
    page.locator(".ig-photo").nth(3).dblclick()
    expect(page.locator(".ig-pixels-picture")).to_be_visible()
    shoot(page, "mouse_large")
    page.keyboard.press("Escape")
    expect(page.locator(".ig-pixels-picture")).to_be_hidden()


def test_find_move_and_undo_with_six_keys_at_most(visit, lab):
    page = show(visit)
    leave_the_code(page)
    tab_to(page, "^option$")
    keys = page.keyboard
    keys.press("d")
    expect(photo(page, 5)).to_be_focused()
    keys.press("3")
    says(page, "Move 1 photo to cluster_02. Saved.")
    assert on_disk(lab).now.groups[5] == 2
    keys.press("z")
    says(page, "Undone: Move 1 photo to cluster_02. Saved.")
    assert on_disk(lab).now.groups[5] == 1


def test_a_whole_task_with_the_keyboard_alone(visit, lab):
    page = show(visit)
    leave_the_code(page)
    tab_to(page, "^option$")
    keys = page.keyboard
    for key in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowDown", "Space"):
        keys.press(key)
    says(page, "4 photos selected")
    keys.press("n")
    expect(page.get_by_placeholder("such as cats")).to_be_focused()
    keys.type("my cats/dogs")
    expect(page.get_by_role("button", name="New group my cats_dogs with 4 photos")).to_be_visible()
    keys.press("Tab")
    keys.press("Enter")
    says(page, "New group my cats_dogs with 4 photos. Saved.")
    desk = on_disk(lab)
    assert len(desk.now.members(desk.now.find("my cats_dogs"))) == 4
    expect(page.locator(".ig-photo:focus")).to_have_count(1)  # back in the grid
    keys.press("Control+a")
    keys.press("q")
    says(page, "marked not sure")
    keys.press("l")
    expect(page.locator(".ig-title").first).to_contain_text("More like those in")
    says(page, "12 photos selected")
    shoot(page, "keyboard_like")
    keys.press("Space")
    says(page, "11 photos selected")
    keys.press("a")
    says(page, "Move 11 photos to")
    keys.press("Escape")
    for _ in range(3):
        keys.press("z")
    says(page, "Undone: New group")
    assert on_disk(lab).now.groups.tolist() == [row % 4 for row in range(60)]
    keys.press("m")
    page.keyboard.type("cluster_03")
    keys.press("Tab")
    keys.press("Enter")
    says(page, "to cluster_03. Saved.")
    shoot(page, "keyboard_end")
    assert page.locator(".jp-Cell").count() == 2  # no key reached the notebook


SLOW = """import time
view = desk(grouping, journal='few.jsonl')
for control in (view.target, view.name):
    control.observe(lambda change: time.sleep(0.7), 'value')
view.grid.on_msg(lambda *message: time.sleep(0.7))
view"""


def test_a_press_waits_until_a_slow_kernel_knows_what_was_typed(visit, lab):
    write_notebook(lab.folder / "slow.ipynb", CELLS[0].format(name="few"), SLOW)
    run_notebook(visit, "slow.ipynb")
    page, keys = visit.page, visit.page.keyboard

    def press(*names: str) -> None:
        for name in names:
            keys.press(name)

    def done(words: str) -> None:
        says(page, words)
        expect(page.locator(".ig-photo:focus")).to_have_count(1)  # where the next key belongs

    photo(page, 4).click()
    press("Shift+ArrowRight", "Shift+ArrowRight", "m")
    keys.type("cluster_03")  # Python has not even heard of the three photos when Enter comes
    press("Tab", "Enter")
    done("Move 3 photos to cluster_03. Saved.")
    press("m", "ArrowUp", "Tab", "Tab", "Enter")
    done("Merge cluster_00 (12) into cluster_02 (15). Saved.")
    press("n")
    keys.type("my cats")
    press("Tab", "Enter")
    done("New group my cats with 1 photo. Saved.")
    press("n")
    keys.type("tigers")
    press("Tab", "Tab", "Enter")
    done("to tigers. Saved.")


def test_a_name_may_be_spelt_slowly(visit):
    page, keys = show(visit), visit.page.keyboard
    photo(page, 4).click()
    target = page.get_by_label("to group")
    for letters, reached in (("cluster_0", "00"), ("3", "03"), ("x", "03"), ("CLUSTER_02", "02")):
        if target.evaluate("e => e !== document.activeElement"):
            photo(page, 4).press("m")
        keys.type(letters)
        expect(target.locator("option:checked")).to_have_text(f"cluster_{reached}")
        page.wait_for_timeout(1_500)  # browsers wait one second for the next letter
    keys.press("ArrowUp")
    expect(target.locator("option:checked")).to_have_text("cluster_01")
    keys.type("c")
    expect(target.locator("option:checked")).to_have_text("cluster_00")


def test_focus_and_scroll_stay_after_an_edit(visit):
    page = show(visit)
    grid = page.locator(".ig-grid")
    grid.evaluate("e => { e.scrollTop = 260; }")
    rows = page.evaluate(
        "() => [...document.querySelectorAll('.ig-band')[2].querySelectorAll('.ig-photo')]"
        ".map((e) => Number(e.dataset.row))"
    )
    photo(page, rows[2]).click()
    before = grid.evaluate("e => e.scrollTop")
    page.keyboard.press("4")
    says(page, "Saved")
    expect(photo(page, rows[3])).to_be_focused()
    assert abs(grid.evaluate("e => e.scrollTop") - before) <= 2


def test_names_are_text(visit):
    page = show(visit)
    row = sorted([*(f"{i:04d}.jpg" for i in range(59)), HOSTILE]).index(HOSTILE)
    page.get_by_placeholder("part of a file name").fill("onerror")
    expect(photo(page, row).locator(".ig-name")).to_have_text(HOSTILE)
    photo(page, row).click()
    page.keyboard.press("Enter")
    expect(page.locator(".ig-pixels-says")).to_contain_text(HOSTILE)
    page.get_by_placeholder("such as cats").fill("<b onclick=alert(2)>bold")
    page.get_by_role("button", name="New group _b").click()
    says(page, "New group _b onclick=alert(2)_bold with 1 photo. Saved.")
    expect(page.locator(".ig-pixels-says")).to_contain_text("_b onclick=alert(2)_bold")
    expect(page.locator(".ig-title").last).to_contain_text("_b onclick=alert(2)_bold")
    assert page.locator(".ig-grid b, .ig-grid img[onerror]").count() == 0
    shoot(page, "hostile")


def test_kill_the_kernel_and_reload(visit, lab):
    page = show(visit)
    photo(page, int(page.locator(".ig-photo").first.get_attribute("data-row"))).click()
    for number, key in enumerate(["2", "q", "3", "z", "4"], 1):
        page.keyboard.press(key)
        says(page, f"few.jsonl: {number}.")
    expected = on_disk(lab).now.groups.tolist()
    os.kill(int((lab.folder / "pid").read_text()), signal.SIGKILL)
    lab.end_kernels()
    page = show(visit)
    says(page, "5 edits read")
    assert on_disk(lab).now.groups.tolist() == expected
    sizes = [expected.count(group) for group in range(4)]
    notes = [note.inner_text() for note in page.locator(".ig-note").all()]
    assert [int(note.split()[0]) for note in notes] == sizes


def test_two_views_of_one_desk_agree(visit, lab):
    shown_twice = [CELLS[0], "view = " + CELLS[1], "view", "view"]
    cells = [cell.format(name="few") for cell in shown_twice]
    write_notebook(lab.folder / "twice.ipynb", *cells)
    run_notebook(visit, "twice.ipynb")
    page = visit.page
    expect(page.locator(".ig-grid")).to_have_count(2)
    one, two = page.locator(".ig-grid").all()
    one.locator(".ig-photo img[src]").first.wait_for()
    for place in (1, 2, 4):
        one.locator(".ig-photo").nth(place).click(modifiers=["Control"])
        expect(two.locator('.ig-photo[aria-selected="true"]')).to_have_count(1 + place // 2)
    two.locator(".ig-photo").nth(6).click(modifiers=["Control"])
    expect(one.locator('.ig-photo[aria-selected="true"]')).to_have_count(4)
    page.keyboard.press("4")
    expect(page.locator(".ig-grid-says").last).to_contain_text("Move 4 photos to cluster_03. Saved")
    assert len(on_disk(lab).now.members(3)) == 19


@pytest.mark.parametrize("visit", [2], indirect=True)
def test_at_twice_the_size_nothing_is_cut_off(visit):
    page = show(visit)
    page.locator(".ig-photo").nth(1).click()
    cell = page.locator(".jp-OutputArea-output").last.bounding_box()
    for part in page.locator(".ig-grid, .ig-photo, .widget-button, .ig-head button").all():
        box = part.bounding_box()
        if box and box["width"]:
            assert box["x"] + box["width"] <= cell["x"] + cell["width"] + 1
    shoot(page, "zoom_2")


_STOPWATCH = """() => {
  window.igTimes = [];
  let since = null;
  addEventListener("keydown", () => { since = performance.now(); }, true);
  new MutationObserver(() => {
    if (since !== null && document.querySelector(".ig-grid-says").textContent.includes("Saved."))
      window.igTimes.push(performance.now() - since);
    since = null;
  }).observe(document.querySelector(".ig-grid-says"), { childList: true });
}"""


def test_a_thousand_photos(visit, lab, record_property):
    page = visit.page
    run_notebook(visit, "many.ipynb")
    page.locator(".ig-photo img[src]").first.wait_for()
    leave_the_code(page)
    page.keyboard.press("ArrowDown")
    began = time.perf_counter()
    page.locator(".ig-grid").evaluate("e => e.dataset.old = true")
    page.keyboard.press("Control+Enter")
    page.locator(".ig-grid[data-old]").wait_for(state="detached")
    wait_for(lambda: page.evaluate(IN_SIGHT), "the photos in sight")
    first = time.perf_counter() - began
    page.locator(".ig-photo").first.click()
    says(page, "1 photo selected")
    page.wait_for_timeout(3_000)
    page.evaluate(_STOPWATCH)
    sizes = []
    for i in range(200):
        page.keyboard.press("2" if i % 2 == 0 else "z")
        page.wait_for_function("n => window.igTimes.length > n", arg=i)
        if i in (20, 199):
            sizes.append(page.evaluate(SIZE))
    times = page.evaluate("window.igTimes")
    median, late = np.median(times[:50]), np.median(times[-50:])
    print(
        f"first view {first:.2f} s; edit: median of the first 50 {median:.0f} ms, "
        f"of the last 50 {late:.0f} ms; elements {sizes[0][0]} and {sizes[1][0]}, "
        f"heap {sizes[0][1]:.1f} and {sizes[1][1]:.1f} MB"
    )
    record_property("median ms of an edit", float(np.median(times)))
    assert abs(sizes[1][0] - sizes[0][0]) < 20  # no growth
    assert on_disk(lab, "many").journal.number == 200
    shoot(page, "thousand")


IN_SIGHT = """() => {
  const grid = document.querySelector(".ig-grid")?.getBoundingClientRect();
  const photos = [...document.querySelectorAll(".ig-photo img")];
  const seen = photos.filter((e) => e.getBoundingClientRect().top < grid.bottom);
  return seen.length > 5 && seen.every((e) => e.naturalWidth > 0);
}"""
SIZE = """() => [document.querySelectorAll("*").length,
  performance.memory.usedJSHeapSize / 1e6]"""
