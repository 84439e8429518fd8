"""Every file of a folder is listed or skipped with a reason, whatever lies there."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_names import HOSTILE_NAMES

from imagegroup import files as module
from imagegroup.files import list_folder, read_file
from imagegroup.skips import Skipped, SkippedFile, SkipReason

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def make(folder, *names):
    for name in names:
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))


def seen(listing):
    return sorted([*listing.paths, *(skip.path for skip in listing.skipped)])


def test_paths_are_sorted_as_strings_whatever_the_order_of_the_directory(tmp_path, monkeypatch):
    names = ["b/1.jpg", "b.jpg", "a/z/2.jpg", "B.jpg", "a.txt", "b!.jpg"]
    make(tmp_path, *names)
    assert list_folder(tmp_path).paths == tuple(sorted(names))
    assert list_folder(str(tmp_path), recursive=False).paths == (
        "B.jpg",
        "a.txt",
        "b!.jpg",
        "b.jpg",
    )
    scan = os.scandir

    @contextlib.contextmanager
    def backwards(folder):
        with scan(folder) as entries:
            yield reversed(list(entries))

    monkeypatch.setattr(os, "scandir", backwards)
    assert list_folder(tmp_path).paths == tuple(sorted(names))


def test_an_empty_folder_holds_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    assert list_folder(tmp_path) == module.Listing((), (), ())


def test_the_folder_itself_must_be_one(tmp_path):
    make(tmp_path, "a\n.jpg")
    with pytest.raises(FileNotFoundError, match="no: not found; give a folder that exists"):
        list_folder(tmp_path / "no")
    with pytest.raises(NotADirectoryError, match=r"a\\n\.jpg: not a folder; give the folder"):
        list_folder(tmp_path / "a\n.jpg")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse some of these names")
def test_hostile_names_are_listed_and_read(tmp_path):
    for name in HOSTILE_NAMES:
        (tmp_path / name).write_bytes(os.fsencode(name))
    assert list_folder(tmp_path).paths == tuple(sorted(HOSTILE_NAMES))
    for name in HOSTILE_NAMES:
        assert read_file(tmp_path / name, 1000)[0] == os.fsencode(name)


@posix
def test_what_is_no_file_is_skipped_with_its_kind(tmp_path):
    make(tmp_path, "inside/a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.jpg").symlink_to("inside/a.jpg")
    (tmp_path / "folder").symlink_to("inside")
    (tmp_path / "nowhere").symlink_to("a\x1b[31mb")
    with socket.socket(socket.AF_UNIX) as plug, contextlib.chdir(tmp_path):
        plug.bind("plug.jpg")
    listing = list_folder(tmp_path)
    assert listing.paths == ("inside/a.jpg",)
    assert listing.skipped == (
        SkippedFile("folder", SkipReason.SYMLINK, "to inside"),
        SkippedFile("link.jpg", SkipReason.SYMLINK, "to inside/a.jpg"),
        SkippedFile("nowhere", SkipReason.SYMLINK, r"to a\x1b[31mb"),
        SkippedFile("pipe.jpg", SkipReason.NOT_A_FILE),
        SkippedFile("plug.jpg", SkipReason.NOT_A_FILE),
    )


@posix
def test_a_second_name_of_a_file_is_skipped_and_names_the_first(tmp_path):
    make(tmp_path, "b/first.jpg")
    os.link(tmp_path / "b/first.jpg", tmp_path / "c.jpg")
    os.link(tmp_path / "b/first.jpg", tmp_path / "b/second.jpg")
    listing = list_folder(tmp_path)
    assert listing.paths == ("b/first.jpg",)
    assert listing.skipped == (
        SkippedFile("b/second.jpg", SkipReason.SAME_FILE, "as b/first.jpg"),
        SkippedFile("c.jpg", SkipReason.SAME_FILE, "as b/first.jpg"),
    )


def test_our_exports_are_left_out_and_named(tmp_path):
    ours, theirs = {"files": [{"path": "x"}], "imagegroup": 1}, {"files": [{"imagegroup ": 1}]}
    make(
        tmp_path, "a.jpg", "export/cluster_00/a.jpg", "site/b.jpg", ".x.imagegroup-1f.partial/c.jpg"
    )
    make(tmp_path, "deep/er/export/d.jpg", ".imagegroup-staging")
    for indent in (None, 1):
        for folder in ("export", "deep/er/export"):
            (tmp_path / folder / "manifest.json").write_text(json.dumps(ours, indent=indent))
        (tmp_path / "site/manifest.json").write_text(json.dumps(theirs, indent=indent))
        listing = list_folder(tmp_path)
        assert listing.exports == (".x.imagegroup-1f.partial", "deep/er/export", "export")
        assert listing.paths == (".imagegroup-staging", "a.jpg", "site/b.jpg", "site/manifest.json")
    assert list_folder(tmp_path / "export").paths == ("cluster_00/a.jpg", "manifest.json")
    assert list_folder(tmp_path, recursive=False).exports == ()


@posix
def test_folders_nested_beyond_recursion_are_listed(tmp_path):
    deep = "a/" * 1010 + "b.jpg"
    at = os.open(tmp_path, os.O_RDONLY)
    for part in deep.split("/")[:-1]:
        os.mkdir(part, dir_fd=at)
        inner = os.open(part, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(os.open("b.jpg", os.O_CREAT, dir_fd=at))
    os.close(at)
    assert list_folder(tmp_path).paths == (deep,)
    subprocess.run(["rm", "-r", tmp_path / "a"], check=True)  # shutil.rmtree would recurse


def test_read_file_reads_all_or_a_start(tmp_path):
    make(tmp_path, "name")
    assert read_file(tmp_path / "name", 4) == (b"name", 4)
    assert read_file(tmp_path / "name", 2, start_only=True) == (b"na", 4)
    assert read_file(tmp_path / "name", 9, start_only=True) == (b"name", 4)
    with pytest.raises(Skipped, match="4 bytes of at most 3"):
        read_file(tmp_path / "name", 3)


@posix
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", SkipReason.VANISHED),
        ("file/below", SkipReason.VANISHED),
        ("zero\0", SkipReason.VANISHED),
        ("lone\ud800", SkipReason.VANISHED),
        ("folder", SkipReason.NOT_A_FILE),
        ("pipe", SkipReason.NOT_A_FILE),
        ("link", SkipReason.SYMLINK),
        ("x" * 300, SkipReason.PATH_TOO_LONG),
        ("../" * 2000, SkipReason.PATH_TOO_LONG),
        ("sparse", SkipReason.FILE_TOO_LARGE),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_cannot_be_read_says_why(tmp_path, name, reason):
    make(tmp_path, "file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("file")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    with pytest.raises(Skipped) as caught:
        read_file(os.path.join(tmp_path, name), 2**28)
    assert caught.value.reason is reason
    assert before == 0 or len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("change", [b"longer than before", b"short", b"same-"])
def test_a_file_that_changes_while_it_is_read_is_skipped(tmp_path, monkeypatch, change):
    make(tmp_path, "size6")
    os.utime(tmp_path / "size6", ns=(1, 1))
    state = os.fstat

    def change_after(descriptor):
        info = state(descriptor)
        if stat.S_ISREG(info.st_mode) and (tmp_path / "size6").read_bytes() == b"size6":
            (tmp_path / "size6").write_bytes(change)
        return info

    monkeypatch.setattr(os, "fstat", change_after)
    with pytest.raises(Skipped, match="changed-while-reading"):
        read_file(tmp_path / "size6", 100)


def test_a_failing_disk_and_full_memory_have_reasons(tmp_path, monkeypatch):
    make(tmp_path, "a")
    for error, reason in ((OSError(5, "EIO"), "read-error"), (MemoryError(), "memory")):

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(module, "_read_open", fail)
        with pytest.raises(Skipped, match=reason):
            read_file(tmp_path / "a", 10)
