"""The desk without a browser: what is shown, and what each key and button does."""

from __future__ import annotations

import numpy as np
import pytest
from desk_case import act, group_photos, press, shown

from imagegroup.widgets import desk
from imagegroup.widgets.desk import Desk
from imagegroup.widgets.desk_state import ALL, LIKE, PAGE


@pytest.fixture
def view(album, tmp_path) -> Desk:
    return desk(group_photos(album, tmp_path), tmp_path / "j.jsonl")


def doubt(view: Desk, rows) -> list[int]:
    """Order rows by their margin, computed plainly."""
    x, now = view.grouping.vectors[:, 0].astype(float), view.now
    centers = {g: x[now.groups == g].mean() for g in now.sizes if g >= 0}

    def margin(row):
        own = int(now.groups[row])
        others = [abs(x[row] - c) for g, c in centers.items() if g != own]
        return min(others) - abs(x[row] - centers[own])

    return sorted(rows, key=margin)


def test_the_first_view_shows_a_page_of_each_group_the_doubtful_first(view):
    rows = shown(view)
    assert list(rows) == [0, 1, 2, -1]
    assert [len(r) for r in rows.values()] == [PAGE, PAGE, 5, 1]
    for group in (0, 1, 2):
        members = np.flatnonzero(view.now.groups == group)
        assert rows[group] == doubt(view, members)[:PAGE]
    assert view.state.focus == rows[0][0]
    lines = view.grid.says.splitlines()
    assert lines[0] == "42 in = 39 grouped + 1 no features + 2 skipped"
    assert lines[1] == "0 photos selected. Edits saved in j.jsonl: 0."
    notes = [band["note"] for band in view.grid.view["bands"]]
    assert notes[0] == "20 photos, page 1 of 2"
    assert notes[3] == "1 photo (nothing for ORB to describe)"


def test_orders(view):
    view.order.value = "name"
    assert shown(view)[1] == list(range(20, 32))
    view.order.value = "distance"
    x = view.grouping.vectors[:, 0].astype(float)
    gaps = {row: -abs(x[row] - x[20:34].mean()) for row in range(20, 34)}
    assert shown(view)[1] == sorted(gaps, key=gaps.get)[:PAGE]
    view.order.value = "silhouette"
    assert sorted(shown(view)[2]) == list(range(34, 39))


def test_pages_order_filter_and_tabs_lose_no_selection(view):
    rows = {*shown(view)[0][:3], *shown(view)[1][2:4], 39}
    act(view, "select", selected=sorted(rows), focus=39)
    act(view, "page", key=0, steps=1)
    assert len(shown(view)[0]) == 8
    assert not set(shown(view)[0]) & rows
    assert "6 photos selected, 3 of them on other pages" in view.grid.says
    view.order.value = "name"
    view.only.value = "not sure"
    assert shown(view) == {0: [], 1: [], 2: [], -1: []}
    view.only.value = "all photos"
    view.text.value = "00.JPG"
    assert all("00.jpg" in view.grouping.paths[r] for rs in shown(view).values() for r in rs)
    view.alone.value = 1
    view.text.value = ""
    assert shown(view) == {0: [], 1: list(range(20, 34)), 2: [], -1: []}
    view.alone.value = ALL
    assert view.state.selected == rows
    assert view.grid.view["selected"] == sorted(rows)
    press(view, "3")
    assert set(view.now.members(2)) == {*range(34, 39), *rows}


def test_find_a_misplaced_photo_move_it_and_undo_in_a_key_each(view):
    wrong = doubt(view, range(39))[0]
    before, second = view.now.groups.copy(), doubt(view, range(39))[1]
    press(view, "d")
    assert view.state.focus == wrong
    assert wrong in shown(view)[int(view.now.groups[wrong])]
    press(view, "3")
    assert view.now.groups[wrong] == 2
    assert view.grid.says.endswith("Move 1 photo to cluster_02. Saved.")
    press(view, "z")
    assert view.now.groups.tolist() == before.tolist()
    assert view.grid.says.endswith("Undone: Move 1 photo to cluster_02. Saved.")
    press(view, "y", "d")
    assert view.now.groups[wrong] == 2
    assert view.state.focus == second


def test_doubtful_photos_come_one_after_the_other_and_begin_again(view):
    found = []
    for _ in range(40):
        press(view, "d")
        found.append(view.state.focus)
    assert found == [*doubt(view, range(39)), doubt(view, range(39))[0]]


def test_verbs_carry_counts_and_do_what_they_say(view):
    rows = list(range(20, 27))
    act(view, "select", selected=rows, focus=20)
    view.target.value, view.name.value = 2, "cats/dogs"
    texts = {name: button.description for name, button in view.buttons.items()}
    assert texts == {
        "move": "Move 7 photos to cluster_02",
        "merge": "Merge cluster_01 (14) into cluster_02 (5)",
        "new": "New group cats_dogs with 7 photos",
        "rename": "Rename cluster_01 (14) to cats_dogs",
        "split": "Split cluster_01 (14) in 2",
        "unsure": "Mark 7 photos not sure",
        "like": "More like 7 photos",
        "accept": "Nothing to accept",
        "undo": "Nothing to undo",
        "redo": "Nothing to redo",
    }
    disabled = {name for name, button in view.buttons.items() if button.disabled}
    assert disabled == {"accept", "undo", "redo"}
    view.buttons["unsure"].click()
    assert view.now.unsure[rows].all()
    assert "; 7 marked not sure" in view.grid.says
    assert view.buttons["unsure"].description == "Take the mark from 7 photos"
    view.buttons["new"].click()
    assert view.now.members(view.now.find("cats_dogs")).tolist() == rows
    assert view.state.selected == frozenset()
    assert view.name.value == ""
    assert view.buttons["undo"].description == "Undo: New group cats_dogs with 7 photos"
    act(view, "select", selected=[], focus=30)
    view.name.value = "felines"
    view.buttons["rename"].click()
    view.buttons["merge"].click()
    assert view.now.sizes == {0: 20, 2: 12, 3: 7, -1: 1}
    assert view.grid.says.endswith("Merge felines (7) into cluster_02 (5). Saved.")
    view.buttons["split"].click()
    assert sorted(view.now.sizes) == [-1, 0, 2, 3, 4]
    for _ in range(5):
        view.buttons["undo"].click()
    assert view.now.sizes == {0: 20, 1: 14, 2: 5, -1: 1}
    assert view.buttons["redo"].description == "Redo: Mark 7 photos not sure"


def test_after_an_edit_focus_and_page_stay(view):
    act(view, "page", key=0, steps=1)
    place = shown(view)[0]
    act(view, "select", selected=[], focus=place[3])
    others = shown(view)[1]
    press(view, "2")
    assert shown(view)[0][:3] == place[:3]
    assert view.state.focus == shown(view)[0][3] == place[4]
    assert shown(view)[1] == others  # the placed one comes last


def test_the_focus_goes_elsewhere_when_its_group_is_gone(view):
    act(view, "select", selected=shown(view)[2], focus=shown(view)[2][0])
    view.alone.value = 2
    press(view, "1")
    assert 2 not in view.now.sizes
    assert view.state.alone == ALL
    assert view.state.focus in [row for rows in shown(view).values() for row in rows]


def test_the_whole_group_is_more_than_its_page(view):
    act(view, "select", selected=[], focus=shown(view)[0][0])
    press(view, "Ctrl+a", "PageDown")
    assert view.state.selected == set(range(20))
    assert view.state.focus in shown(view)[0]
    assert "20 photos selected, 12 of them" in view.grid.says
    press(view, "Escape")
    assert not view.state.selected


def test_more_like_this_page_by_page(view):
    chosen = shown(view)[2][:2]
    act(view, "select", selected=chosen, focus=chosen[0])
    view.buttons["like"].click()
    x = view.grouping.vectors[:, 0].astype(float)
    ranked = sorted(range(34), key=lambda row: abs(x[row] - x[chosen].mean()))
    assert shown(view)[LIKE] == ranked[:PAGE]
    assert view.state.selected == set(ranked[:PAGE])
    others = [row for key, rows in shown(view).items() if key != LIKE for row in rows]
    assert not set(others) & set(ranked[:PAGE])  # no photo is shown twice
    wrong = ranked[3]
    act(view, "select", selected=sorted({*ranked[:PAGE]} - {wrong}), focus=wrong)
    press(view, "a")
    assert view.now.groups[ranked[2]] == 2
    assert view.now.groups[wrong] != 2
    assert shown(view)[LIKE] == ranked[PAGE : 2 * PAGE]
    press(view, "Escape")
    assert LIKE not in shown(view)
    act(view, "select", selected=chosen, focus=chosen[0])
    press(view, "l")
    assert shown(view)[LIKE][0] == wrong  # the others were placed by hand


def test_what_python_knows_of_the_fields_is_told_and_an_unfit_one_is_refused_in_words(view):
    view.target.value, view.name.value = 2, "cats"
    assert view.grid.view["fields"] == {"m": 2, "n": "cats"}
    view.target.value, view.name.value = 0, ""
    assert view.grid.view["fields"] == {"m": 0, "n": ""}
    for name, words in (("merge", "cannot be merged into itself"), ("rename", "name is empty")):
        assert view.buttons[name].description.endswith("...")
        assert not view.buttons[name].disabled
        view.buttons[name].click()
        assert words in view.grid.says
    assert view.corrector.journal.number == 0
