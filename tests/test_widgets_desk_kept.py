"""The desk without a browser: nothing is lost, called saved too early, or forgotten."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from corrections_case import check, grouping_of
from desk_case import act, group_photos, press, shown

from imagegroup.images import read_photo
from imagegroup.widgets import desk, desk_state, desk_words
from imagegroup.widgets.desk import Desk
from imagegroup.widgets.desk_state import LIKE
from imagegroup.widgets.grid import pictures

WIDGETS = Path(desk_state.__file__).parent


@pytest.fixture
def view(album, tmp_path) -> Desk:
    return desk(group_photos(album, tmp_path), tmp_path / "j.jsonl")


def test_what_cannot_be_done_is_said(view):
    for keys, words in (
        ("z", "nothing to undo"),
        ("9", "there is no group 9: choose 1 to 3"),
        ("a", "nothing to accept"),
    ):
        press(view, keys)
        assert words in view.grid.says
    act(view, "select", selected=[39], focus=39)
    press(view, "l")
    assert "no selected photo has features" in view.grid.says
    view.name.value = "CLUSTER_01"
    view.buttons["new"].click()
    assert "there is a CLUSTER_01 already" in view.grid.says
    assert view.corrector.journal.number == 0


def test_saved_is_said_after_the_disk_has_it_and_only_then(view, monkeypatch):
    said = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (said.append(view.grid.says), real(fd)))
    press(view, "2")
    assert len(said) == 1
    assert "Saved" not in said[0]
    assert "Saved" in view.grid.says

    def full(fd):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    groups = view.now.groups.copy()
    press(view, "3")
    assert "not saved: No space left" in view.grid.says
    assert "Saved" not in view.grid.says
    assert view.now.groups.tolist() == groups.tolist()


def test_a_key_that_overtakes_the_picture_brings_back_no_old_selection(view):
    act(view, "select", selected=[1, 2, 3], focus=3)
    stale = {"selected": [1, 2, 3], "focus": 3, "seen": view.seen}
    press(view, "2")
    view._handle({"kind": "key", "key": "q", **stale})
    assert not view.now.unsure[[1, 2, 3]].any()


def test_reopening_shows_the_same_groups(view, tmp_path):
    act(view, "select", selected=[1, 2, 3], focus=3)
    press(view, "2", "q")
    view.rename("cluster_00", to="cats")
    again = desk(view.grouping, tmp_path / "j.jsonl")
    assert again.now.groups.tolist() == view.now.groups.tolist()
    assert again.grid.says.splitlines()[2] == "3 edits read"
    assert again.grid.view["bands"][0]["title"] == "cats"


def test_commands_from_python_are_shown(view):
    view.move([view.grouping.paths[0]], to="cluster_02")
    assert len(shown(view)[2]) == 6
    assert view.grid.says.endswith("Saved.")
    assert view.corrected().k == 3
    assert view.names() == {0: "cluster_00", 1: "cluster_01", 2: "cluster_02"}
    assert view.code() == [f"desk.move(['{view.grouping.paths[0]}'], to='cluster_02')"]


def test_large(view):
    press(view, "Enter")
    path = view.grouping.paths[view.state.focus]
    picture = cv2.imdecode(np.frombuffer(view.photo.image, np.uint8), cv2.IMREAD_COLOR)
    photo = read_photo(view.grouping.folder / path, 1_200, colour=True).image[..., ::-1]
    assert picture.shape == photo.shape
    assert np.abs(picture.astype(int) - photo).mean() < 4
    assert view.photo.layout.display == ""
    assert view.photo.says == f"{path}\ncluster_00"
    press(view, "2")
    assert view.photo.says.splitlines()[0] == view.grouping.paths[view.state.focus] != path
    view.buttons["undo"].click()
    press(view, "Escape")
    assert view.photo.layout.display == "none"


def test_pictures_are_small_and_made_by_us(view):
    (view.grouping.folder / view.grouping.paths[1]).write_bytes(b"no picture any more")
    first, second = pictures(view.grouping, [0, 1], 160)
    assert second == b""
    assert first.startswith(b"\xff\xd8")
    assert b"Exif" not in first
    assert max(cv2.imdecode(np.frombuffer(first, np.uint8), 1).shape) == 160
    sent = []
    view.grid.send = lambda content, buffers=None: sent.append((content, buffers))
    view.grid._handle_custom_msg({"kind": "pictures", "rows": [1, 0]}, [])
    assert sent == [({"thumbnails": [1, 0]}, [b"", first]), ({"answered": True}, None)]


def test_an_empty_grouping_can_be_looked_at(tmp_path):
    (tmp_path / "none").mkdir()
    empty = grouping_of([], np.zeros((0, 3), np.float32), folder=tmp_path / "none")
    view = desk(empty, tmp_path / "j")
    press(view, *view.keys_do)
    for button in view.buttons.values():
        button.click()
    assert view.corrector.journal.number == 0
    assert view.grid.says.startswith("2 in = 0 grouped + 0 no features + 2 skipped")


def test_any_events_keep_every_photo_in_sight_or_counted(view):
    rng = random.Random(8)
    for _ in range(400):
        event = rng.choice(["key"] * 6 + ["select"] * 3 + ["page", "move", "button", "control"])
        groups = list(view.now.sizes)
        if event == "key":
            press(view, rng.choice([*view.keys_do]))
        elif event == "select":
            selected = rng.sample(range(40), rng.randrange(6))
            act(view, "select", selected=selected, focus=rng.randrange(40))
        elif event == "page":
            act(view, "page", key=rng.choice([*groups, LIKE, 77]), steps=rng.choice([-1, 1]))
        elif event == "move":
            act(view, "move", key=rng.choice(groups))
        elif event == "button":
            view.name.value = rng.choice(["", "a", f"group {rng.randrange(9)}"])
            rng.choice([*view.buttons.values()]).click()
        else:
            control = rng.choice([view.order, view.only, view.alone, view.target])
            control.value = rng.choice([value for _, value in control._options_full])
        check(view.now, 2)
        rows = [row for rows in shown(view).values() for row in rows]
        assert len(rows) == len(set(rows))
        bands = desk_state.bands(view.state)
        if view.state.only == "all photos":
            assert len({row for band in bands for row in band.rows} | set(rows)) == 40
        assert view.grid.view["selected"] == sorted(view.state.selected)
    again = desk(view.grouping, view.corrector.journal.path)
    assert again.now.groups.tolist() == view.now.groups.tolist()


def test_words():
    assert [desk_words.photos(n) for n in (0, 1, 1_234)] == ["0 photos", "1 photo", "1,234 photos"]


def test_the_front_end_is_small_asks_nobody_and_shows_names_as_text():
    source = (WIDGETS / "grid.js").read_text()
    assert len(source.splitlines()) < 210
    for word in ("http", "import ", "innerHTML", "eval", "insertAdjacentHTML"):
        assert word not in source
