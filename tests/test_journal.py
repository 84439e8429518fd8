"""The journal: what was said to be saved is there again, whatever happened meanwhile."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from corrections_case import grouping_of, random_edit, same
from journal_killer import grouping_in

from imagegroup import journal
from imagegroup.commands import Corrector
from imagegroup.corrections import NEW
from imagegroup.grouping import Grouping
from imagegroup.journal import JournalError


@pytest.fixture
def grouping(tmp_path) -> Grouping:
    return grouping_in(tmp_path)


def regroup(folder: Path, labels: dict[str, int] | None = None) -> Grouping:
    """Give a grouping of the files that are now in a folder, all in group 0 if not told."""
    paths = tuple(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg")))
    return grouping_of([(labels or {}).get(path, 0) for path in paths], folder=folder, paths=paths)


def where(desk: Corrector) -> dict[str, str]:
    """Give path -> name of the group."""
    names = [desk.now.names[group] for group in desk.now.groups.tolist()]
    return dict(zip(desk.grouping.paths, names, strict=True))


def test_reopening_gives_the_same_after_any_edits(grouping, tmp_path):
    rng, desk = random.Random(2), Corrector(grouping, tmp_path / "j")
    assert desk.journal.told == ""
    for i in range(400):
        try:
            desk.do(random_edit(desk.now, rng))
        except ValueError:
            continue
        if i % 20 == 0:
            again = Corrector(grouping, tmp_path / "j")
            assert same(again.now, desk.now)
            assert again.code() == desk.code()
            assert again.effort() == desk.effort()
    again = Corrector(grouping, tmp_path / "j")
    assert again.journal.told == f"{desk.journal.number} edits read"
    while desk.corrections.at:
        desk.undo()
    assert same(Corrector(grouping, tmp_path / "j").now, desk.corrections.states[0])


def test_an_edit_is_on_the_disk_before_it_counts(grouping, tmp_path, monkeypatch):
    desk, seen = Corrector(grouping, tmp_path / "j"), []
    real = os.fsync

    def watched(fd):
        seen.append((desk.now.groups[0].item(), (tmp_path / "j").read_bytes().count(b"\n")))
        real(fd)

    monkeypatch.setattr(os, "fsync", watched)
    before = desk.now.groups[0].item()
    desk.move(["00.jpg"], to="cluster_02")
    assert seen == [(before, 2)]  # written and not yet done
    assert desk.now.groups[0] == 2


@pytest.mark.parametrize("where_it_fails", ["write", "fsync"])
def test_what_cannot_be_saved_does_not_happen(grouping, tmp_path, monkeypatch, where_it_fails):
    desk = Corrector(grouping, tmp_path / "j")
    desk.rename("cluster_01", to="cats")
    before, text = desk.now, (tmp_path / "j").read_bytes()
    real = os.write

    def broken(fd, data=b""):
        if data:
            real(fd, bytes(data)[:10])  # torn
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, where_it_fails, broken)
        with pytest.raises(JournalError, match=r"not saved: No space left.*try again"):
            desk.move(["00.jpg"], to="cats")
    assert desk.now is before
    assert (tmp_path / "j").read_bytes() == text
    desk.move(["00.jpg"], to="cats")
    assert same(Corrector(grouping, tmp_path / "j").now, desk.now)


@pytest.mark.parametrize("tail", [b'{"n":2,"do":"mo', b"\0\0\0\0", b'{"n":2,"do\0\0\n'])
def test_a_torn_last_line_is_left_out(grouping, tmp_path, tail):
    desk = Corrector(grouping, tmp_path / "j")
    desk.rename("cluster_01", to="cats")
    with (tmp_path / "j").open("ab") as file:
        file.write(tail)
    again = Corrector(grouping, tmp_path / "j")
    assert same(again.now, desk.now)
    again.rename("cats", to="dogs")
    assert same(Corrector(grouping, tmp_path / "j").now, again.now)
    assert all(json.loads(line) for line in (tmp_path / "j").read_text().splitlines())


def test_every_cut_leaves_the_edits_before_it(grouping, tmp_path):
    desk, ends = Corrector(grouping, tmp_path / "j"), []
    for name in ("cats", "dogs", "cows"):
        desk.new_group(["00.jpg", "03.jpg"], name)
        ends.append((tmp_path / "j").stat().st_size)
    data = (tmp_path / "j").read_bytes()
    header = data.index(b"\n") + 1
    for cut in range(header, len(data)):
        (tmp_path / "j").write_bytes(data[:cut])
        assert Corrector(grouping, tmp_path / "j").journal.number == sum(cut >= e for e in ends)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (2, "{"),
        (2, "7"),
        (2, '{"n":2,"do":"undo"}'),
        (2, '{"n":1,"do":"system","photos":[]}'),
        (2, '{"n":1,"do":"__class__"}'),
        (2, '{"n":1,"do":"rename","group":1}'),
        (2, '{"n":1,"do":"rename","group":[1],"name":"a"}'),
        (2, '{"n":1,"do":"rename","group":1,"name":7}'),
        (2, '{"n":1,"do":"move","photos":"abc","to":77}'),
        (2, '{"n":1,"do":"move","photos":[["a"]],"to":1}'),
        (1, '{"imagegroup_journal":1,"folder":"x","names":[],"photos":[]}'),
        (1, '{"imagegroup_journal":1,"folder":"x","names":{},"photos":[1]}'),
        (1, '{"imagegroup_journal":1}'),
    ],
)
def test_a_damaged_journal_is_refused_in_one_line(grouping, tmp_path, line, text):
    desk = Corrector(grouping, tmp_path / "j")
    desk.rename("cluster_01", to="cats")
    desk.rename("cats", to="dogs")
    lines = (tmp_path / "j").read_text().splitlines()
    lines[line - 1] = text
    (tmp_path / "j").write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalError, match=f"damaged in line {line}: .*copy"):
        Corrector(grouping, tmp_path / "j")


@pytest.mark.parametrize("text", ["", "my notes", "[1]\n", '{"imagegroup": 1}\n', "\0\n"])
def test_a_file_of_somebody_else_is_left_alone(grouping, tmp_path, text):
    (tmp_path / "j").write_text(text)
    with pytest.raises(JournalError, match="no journal of imagegroup's: choose another"):
        Corrector(grouping, tmp_path / "j")
    assert (tmp_path / "j").read_text() == text


def test_a_newer_journal_is_refused(grouping, tmp_path):
    (tmp_path / "j").write_text('{"imagegroup_journal": 2}\n')
    with pytest.raises(JournalError, match="a newer journal"):
        Corrector(grouping, tmp_path / "j")


def test_places_where_no_journal_can_be(grouping, tmp_path):
    for place, match in (
        (grouping.folder / "j", "lies in the folder of photos"),
        (tmp_path / "none" / "j", "no such folder; make it first"),
        (tmp_path, "choose another place"),
    ):
        with pytest.raises(JournalError, match=match):
            Corrector(grouping, place)
    assert not (grouping.folder / "j").exists()


def test_a_photo_that_is_gone_is_told(grouping, tmp_path):
    (grouping.folder / "03.jpg").unlink()
    with pytest.raises(JournalError, match=r"03\.jpg is gone or cannot be read: group"):
        Corrector(grouping, tmp_path / "j")


def test_the_folder_may_be_renamed_and_files_may_move(grouping, tmp_path):
    desk = Corrector(grouping, tmp_path / "j")
    desk.new_group(["00.jpg", "07.jpg", "08.jpg"], "cats")
    desk.not_sure(["07.jpg"])
    expected = where(desk)
    grouping.folder.rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "deep").mkdir()
    (tmp_path / "elsewhere" / "07.jpg").rename(tmp_path / "elsewhere" / "deep" / "z.jpg")
    again = Corrector(regroup(tmp_path / "elsewhere"), tmp_path / "j")
    expected["deep/z.jpg"] = expected.pop("07.jpg")
    assert where(again) == expected
    assert again.journal.told == "2 edits read; 1 photos moved or renamed"
    assert "'deep/z.jpg'" in again.code()[0]
    assert again.now.unsure.tolist().index(True) == again.grouping.paths.index("deep/z.jpg")


def test_photos_that_are_gone_new_or_edited(grouping, tmp_path):
    desk = Corrector(grouping, tmp_path / "j")
    desk.new_group(["10.jpg", "11.jpg", "12.jpg", "13.jpg"], "cats")
    desk.new_group(["20.jpg"], "dogs")
    desk.move(["22.jpg"], to="dogs")
    expected = where(desk)
    for gone in ("20.jpg", "10.jpg"):
        (grouping.folder / gone).unlink()
        del expected[gone]
    (grouping.folder / "12.jpg").write_bytes(b"retouched")
    (grouping.folder / "new.jpg").write_bytes(b"new")
    (grouping.folder / "blank.jpg").write_bytes(b"blank")
    shutil.copy(grouping.folder / "22.jpg", grouping.folder / "copy.jpg")
    now = regroup(grouping.folder, {"blank.jpg": -1})
    again = Corrector(now, tmp_path / "j")
    new = {"new.jpg": "new_photos", "copy.jpg": "new_photos", "blank.jpg": "no_features"}
    assert where(again) == expected | new
    assert again.journal.told == (
        "3 edits read; 1 photos edited; 2 photos gone; 3 photos new, in new_photos or no_features"
    )
    again.merge("new_photos", into="cats")
    (grouping.folder / "later.jpg").write_bytes(b"later")
    third = Corrector(regroup(grouping.folder, {"blank.jpg": -1}), tmp_path / "j")
    new |= {"new.jpg": "cats", "copy.jpg": "cats", "later.jpg": "new_photos"}
    assert where(third) == expected | new  # the later one was not there when they were merged
    assert third.now.sizes[NEW] == 1
    assert sum(third.now.sizes.values()) == len(third.grouping.paths)


def test_other_photos_are_refused(grouping, tmp_path):
    Corrector(grouping, tmp_path / "j").rename("cluster_01", to="cats")
    text = (tmp_path / "j").read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    for row in range(20):  # the names of cameras are the same everywhere
        (other / f"{row:02d}.jpg").write_bytes(b"other %d" % row)
    with pytest.raises(JournalError, match=r"belongs to other photos, those of .*photos: give"):
        Corrector(regroup(other), tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == text


def test_all_photos_edited_in_place_are_still_known(grouping, tmp_path):
    desk = Corrector(grouping, tmp_path / "j")
    desk.new_group(["10.jpg"], "cats")
    for path in grouping.paths:
        (grouping.folder / path).write_bytes(b"new tags" + path.encode())
    assert where(Corrector(grouping, tmp_path / "j")) == where(desk)


def test_a_second_desk_cannot_undo_what_the_first_did(grouping, tmp_path):
    first, second = (Corrector(grouping, tmp_path / "j") for _ in range(2))
    first.rename("cluster_01", to="cats")
    with pytest.raises(JournalError, match=r"changed elsewhere.*run the cell again"):
        second.rename("cluster_01", to="dogs")
    assert second.now.names[1] == "cluster_01"
    first.rename("cats", to="cows")
    third = Corrector(grouping, tmp_path / "j")
    assert third.now.names[1] == "cows"


def test_a_journal_that_was_removed_or_replaced_is_not_called_saved(grouping, tmp_path):
    desk = Corrector(grouping, tmp_path / "j")
    (tmp_path / "j").rename(tmp_path / "k")
    with pytest.raises(JournalError, match="not saved: No such file"):
        desk.rename("cluster_01", to="cats")
    (tmp_path / "j").write_text("short")
    with pytest.raises(JournalError, match="changed elsewhere"):
        desk.rename("cluster_01", to="cats")
    assert (tmp_path / "j").read_text() == "short"
    (tmp_path / "k").replace(tmp_path / "j")
    desk.rename("cluster_01", to="cats")
    assert Corrector(grouping, tmp_path / "j").now.names[1] == "cats"


def test_a_beginning_that_is_cut_off_leaves_nothing(grouping, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            journal.os, "replace", lambda *names: (_ for _ in ()).throw(OSError(5, "EIO"))
        )
        with pytest.raises(JournalError, match="choose another place"):
            Corrector(grouping, tmp_path / "j")
    assert not (tmp_path / "j").exists()
    assert Corrector(grouping, tmp_path / "j").journal.told == ""


def kill(what: str, number: int) -> dict:
    """Run the program that kills; give its counts."""
    program = Path(__file__).with_name("journal_killer.py")
    done = subprocess.run(
        [sys.executable, program, what, str(number), "3"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not on this machine: needs fork")
@pytest.mark.parametrize("what", ["after", "any"])
@pytest.mark.parametrize("number", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_process_loses_no_edit(what, number):
    counts = kill(what, number)
    assert (counts["lost"], counts["killed"]) == (0, number)
    assert counts["edits"] >= number
