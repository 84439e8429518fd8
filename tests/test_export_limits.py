"""Exports that stop half-way, and places that are full, read-only, on another disk or not ours."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from export_case import contents, group, snapshot, write_folder

from imagegroup import staging
from imagegroup.export import ExportError, apply_export, plan_export, undo_export, verify_export

BIG = {f"{i}.jpg": (i % 2, bytes([i]) * 100_000) for i in range(30)}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "photos")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "sorted"


def mount(place: Path, *options: str) -> Iterator[Path]:
    """Mount something at `place` for one test, where we may."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mount is not allowed, so not on this machine: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 1 MB."""
    yield from mount(tmp_path / "small", "-t", "tmpfs", "-o", "size=1m", "tmpfs")


def stop_after(images: int, error: BaseException):
    """Give a `progress` that raises once so many images are staged."""
    done = iter(range(images - 1))

    def progress(one: int) -> None:
        if next(done, None) is None:
            raise error

    return progress


def staged(out: Path) -> list[Path]:
    return list(out.parent.glob(".*.imagegroup-*.partial"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EIO, "Input/output error")])
def test_what_was_copied_is_used_again(photos, out, error):
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ExportError
    with pytest.raises(expected):
        apply_export(plan_export(group(photos), out), progress=stop_after(3, error))
    assert not out.exists()
    assert [p.stat().st_mode & 0o777 for p in staged(out)] == [0o700]
    result = apply_export(plan_export(group(photos), out))
    assert (result.files, result.reused) == (5, 3)
    assert verify_export(out).ok
    assert set(os.listdir(out.parent)) == {"photos", "sorted"}


@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "gone", "journal"])
def test_damage_to_what_was_staged_is_mended(photos, out, damage):
    with pytest.raises(KeyboardInterrupt):
        apply_export(plan_export(group(photos), out), progress=stop_after(5, KeyboardInterrupt()))
    [place] = staged(out)
    path = place / "tree/cluster_01/Cat.JPG"
    data = path.read_bytes()
    os.chmod(path, 0o600)
    if damage == "a flipped bit":
        path.write_bytes(data[:7] + bytes([data[7] ^ 4]) + data[8:])
    elif damage == "cut short":
        path.write_bytes(data[:-1])
    elif damage == "gone":
        path.unlink()
    else:
        journal = (place / "journal").read_bytes()
        (place / "journal").write_bytes(journal[:40] + b"\xff\n7 \n99999 x" + journal[100:])
    result = apply_export(plan_export(group(photos), out))
    assert result.reused == (3 if damage == "journal" else 4)
    assert verify_export(out).ok
    assert (out / "cluster_01/Cat.JPG").read_bytes() == data


def test_bytes_that_read_back_differently_stop_the_export(photos, out, monkeypatch):
    monkeypatch.setattr(staging, "hash_file", lambda path: "0" * 64)
    with pytest.raises(ExportError, match="reads back other bytes than were written"):
        apply_export(plan_export(group(photos), out))
    assert not out.exists()


def test_what_another_export_left_is_named_and_stays(photos, out):
    other = plan_export(group(photos), out, names={0: "cats"})
    with pytest.raises(KeyboardInterrupt):
        apply_export(other, progress=stop_after(2, KeyboardInterrupt()))
    result = apply_export(plan_export(group(photos), out))
    assert str(other.staging) in result.message
    assert other.staging.is_dir()


@pytest.mark.parametrize("kind", ["file", "link", "open to all"])
def test_a_staging_folder_that_somebody_else_made(photos, out, tmp_path, kind):
    place = plan_export(group(photos), out).staging
    trap = tmp_path / "trap"
    trap.mkdir()
    if kind == "file":
        place.write_bytes(b"")
    elif kind == "link":
        place.symlink_to(trap)
    else:
        place.mkdir()
        place.chmod(0o777)
    with pytest.raises(ExportError, match="was not made by us"):
        apply_export(plan_export(group(photos), out))
    assert not out.exists()
    assert not list(trap.iterdir())


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_the_exclusive_rename(photos, out, monkeypatch, code):
    monkeypatch.setattr(staging, "_native_rename", lambda source, target: code)
    apply_export(plan_export(group(photos), out))
    assert verify_export(out).ok
    before = snapshot(out)
    with pytest.raises(FileExistsError):
        staging.rename_exclusive(photos, out)
    assert snapshot(out) == before


@pytest.mark.parametrize("method", ["copy", "hardlink"])
def test_memory_cards_keep_no_modes(photos, out, monkeypatch, method):
    def refuse(path, mode):
        raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

    monkeypatch.setattr(os, "chmod", refuse)
    apply_export(plan_export(group(photos), out, method))
    assert verify_export(out).ok


def test_a_hard_link_to_another_disk(photos, small_disk):
    with pytest.raises(ExportError, match="that is another file system; use method copy"):
        apply_export(plan_export(group(photos), small_disk / "sorted", "hardlink"))
    assert os.listdir(small_disk) == []


def test_too_little_room_is_seen_before_anything_is_written(tmp_path, small_disk):
    photos = write_folder(tmp_path / "photos", BIG)
    with pytest.raises(ExportError, match="MB free and the export needs 3 MB"):
        apply_export(plan_export(group(photos, BIG), small_disk / "new" / "sorted"))
    assert os.listdir(small_disk) == []


def test_a_disk_that_runs_full(tmp_path, small_disk, monkeypatch):
    photos = write_folder(tmp_path / "photos", BIG)
    before = snapshot(photos)
    plenty = namedtuple("Usage", "total used free")(10**9, 0, 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: plenty)
    plan = plan_export(group(photos, BIG), small_disk / "sorted")
    with pytest.raises(ExportError, match=r"^[^\n]*No space left on device[^\n]*same again\.$"):
        apply_export(plan)
    assert not plan.out.exists()
    assert snapshot(photos) == before
    subprocess.run(["mount", "-o", "remount,size=9m", str(small_disk)], check=True)
    assert apply_export(plan).reused > 3
    assert verify_export(plan.out).ok
    assert os.listdir(small_disk) == ["sorted"]


LIMITED = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from export_case import group
from pathlib import Path
from imagegroup.export import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))
try:
    apply_export(plan_export(group(Path({photos!r})), {out!r}))
except ExportError as error:
    print(error)
"""


def test_a_limit_on_the_size_of_files(photos, out):
    before = snapshot(photos)
    script = LIMITED.format(tests=str(Path(__file__).parent), photos=str(photos), out=str(out))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "File too large" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert (done.stderr, out.exists()) == ("", False)
    assert snapshot(photos) == before
    apply_export(plan_export(group(photos), out))
    assert verify_export(out).ok
    assert set(os.listdir(out.parent)) == {"photos", "sorted"}


@pytest.fixture
def read_only(tmp_path: Path, photos: Path) -> Iterator[Path]:
    """Give the photos as a read-only mount; where we may not mount, with no right to write."""
    try:
        yield from mount(tmp_path / "read-only", "-o", "bind,ro", str(photos))
    except pytest.skip.Exception:
        places = [photos, *(p for p in photos.rglob("*") if p.is_dir())]
        for place in places:
            place.chmod(0o555)
        yield photos
        for place in places:
            place.chmod(0o755)


def test_the_folder_under_another_name_is_still_the_folder(photos, tmp_path):
    for alias in mount(tmp_path / "alias", "-o", "bind", str(photos)):
        with pytest.raises(ExportError, match="lies in the folder of originals"):
            plan_export(group(photos), alias / "sorted")


@pytest.mark.parametrize("method", ["copy", "symlink"])
def test_originals_that_cannot_be_written(read_only, out, method):
    before = snapshot(read_only)
    apply_export(plan_export(group(read_only), out, method))
    assert verify_export(out).ok
    assert len(undo_export(out, dry_run=False).removed) == 8
    assert snapshot(read_only) == before


WATCHED = """
import os, sys
sys.path.insert(0, {tests!r})
from export_case import group
from pathlib import Path
from imagegroup.export import *
photos = os.path.realpath({photos!r})

def watch(event, args):
    named = [os.fsdecode(a) for a in args if isinstance(a, (str, bytes, os.PathLike))]
    if any(os.path.abspath(name).startswith(photos) for name in named):
        writing = event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        print(event, "for writing" if writing else "")

grouping = group(Path(photos))
sys.addaudithook(watch)
apply_export(plan_export(grouping, {out!r}, {method!r}))
verify_export({out!r})
undo_export({out!r}, dry_run=False)
"""


@pytest.mark.parametrize(
    ("method", "events"),
    [("copy", {"open"}), ("hardlink", {"open", "os.link"}), ("symlink", {"open", "os.symlink"})],
)
def test_the_interpreter_sees_originals_opened_for_reading_only(photos, out, method, events):
    values = {"tests": str(Path(__file__).parent), "photos": str(photos), "out": str(out)}
    script = WATCHED.format(method=method, **values)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stderr, out.exists()) == ("", False)
    assert {line.rstrip() for line in done.stdout.splitlines()} == events


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc, so not on this machine")
def test_fsync_reaches_every_file_and_folder(photos, out, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), real(fd))
    )
    apply_export(plan_export(group(photos), out, "copy"), fsync=False)
    assert synced == []
    apply_export(plan_export(group(photos), out.with_name("other")))
    names = [Path(path).name for path in synced]
    assert names.count("part") == 5  # each image, under its temporary name
    assert set(names) - {"part"} == {
        *(path for path in os.listdir(out)),
        "tree",
        out.parent.name,  # the rename itself
    }
    assert contents(out).keys() == contents(out.with_name("other")).keys()
