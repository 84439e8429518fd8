"""What comes from a browser: pieces, limits, names and paths; and the zip that goes back."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from groupings import made_grouping
from hypothesis import given
from hypothesis import strategies as st

from imagegroup import uploads
from imagegroup.uploads import choose_folder, folders_below, private_place, receive, zip_groups

PIECE = uploads.PIECE


@pytest.fixture
def place() -> Iterator[Path]:
    with private_place() as name:
        yield Path(name)


def send(place: Path, name: str, data: bytes) -> Path | None:
    """Send a file as the page does."""
    pieces = range(0, max(len(data), 1), PIECE)
    return [receive(place, name, len(data), at, data[at : at + PIECE]) for at in pieces][-1]


def files(place: Path) -> list[str]:
    return sorted(os.listdir(place / "photos"))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7])
def test_a_file_arrives_as_it_was(place, size):
    data = random.Random(size).randbytes(size)
    assert send(place, "cat.jpg", data).read_bytes() == data
    assert files(place) == ["cat.jpg"]
    assert os.listdir(place) == ["photos"]


def test_a_piece_is_well_below_what_one_message_may_hold():
    assert PIECE < 10 * 2**20 / 2


def test_the_place_is_its_owners_alone(place):
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_the_place_goes_with_the_process_that_made_it():
    code = "from imagegroup.uploads import private_place, receive\n"
    code += "kept = private_place(); receive(kept.name, 'a.jpg', 3, 0, b'abc'); print(kept.name)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    name = Path(run.stdout.strip())
    assert name.name.startswith("imagegroup-app-")
    assert not name.exists()


@given(st.text(min_size=1, max_size=80))
def test_no_name_leads_out_of_the_place(name):
    with private_place() as place:
        photos = Path(place, "photos")
        assert send(Path(place), name, b"abc").resolve().parent == photos.resolve()
        assert len(os.listdir(photos)) == 1


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/x.jpg", "..", ".", "a/../../x", "..\\x", "\0"])
def test_names_that_are_paths(place, name):
    assert send(place, name, b"abc").parent == place / "photos"


def test_the_same_name_twice_keeps_both(place):
    send(place, "a.jpg", b"one")
    send(place, "A.jpg", b"two")
    assert [(place / "photos" / name).read_bytes() for name in ("a.jpg", "A (2).jpg")] == [
        b"one",
        b"two",
    ]


def test_a_new_file_forgets_an_unfinished_one(place):
    receive(place, "a.jpg", 10, 0, b"abc")
    assert send(place, "b.jpg", b"xyz").read_bytes() == b"xyz"
    assert files(place) == ["b.jpg"]


@pytest.mark.parametrize(
    ("size", "at", "data"), [(10, 4, b"x"), (10, 2, b"x"), (3, 3, b"x"), (10, -1, b"x")]
)
def test_a_piece_that_does_not_continue_is_refused(place, size, at, data):
    receive(place, "a.jpg", 10, 0, b"abc")
    with pytest.raises(ValueError, match=r"a\.jpg: a piece was lost on the way; upload it again"):
        receive(place, "a.jpg", size, at, data)
    assert files(place) == []


def test_a_piece_that_is_too_large_is_refused(place):
    with pytest.raises(ValueError, match="piece"):
        receive(place, "a.jpg", 2 * PIECE, 0, bytes(PIECE + 1))


def test_limits_of_size_sum_and_number(place, monkeypatch):
    for name, value in (("MOST_BYTES_EACH", 10), ("MOST_BYTES", 25), ("MOST_FILES", 4)):
        monkeypatch.setattr(uploads, name, value)
    with pytest.raises(ValueError, match=r"^large\.jpg is too much: at most 2,000 files, 100 MB"):
        send(place, "large.jpg", bytes(11))
    send(place, "0", bytes(10)), send(place, "1", bytes(10))
    with pytest.raises(ValueError, match="too much"):
        send(place, "2", bytes(6))
    send(place, "2", bytes(4)), send(place, "3", b"")
    with pytest.raises(ValueError, match="too much"):
        send(place, "4", b"")
    assert files(place) == ["0", "1", "2", "3"]


def test_a_nearly_full_disk(place, monkeypatch):
    usage = uploads.shutil.disk_usage(place)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda path: usage._replace(free=8))
    with pytest.raises(ValueError, match="nearly full"):
        send(place, "a.jpg", b"abc")


@pytest.fixture
def root(tmp_path) -> Path:
    for name in ("root/deep/er", "root/.hidden", "elsewhere", "rootless"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "root/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root/in").symlink_to(tmp_path / "root/deep")
    (tmp_path / "root/circle").symlink_to("circle")
    (tmp_path / "root/file.jpg").touch()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("text", "found"), [(".", ""), ("deep", "deep"), ("deep/../deep/er", "deep/er"), ("in", "deep")]
)
def test_folders_below_the_root_can_be_chosen(root, text, found):
    assert choose_folder(root, text) == (root / found).resolve()


@pytest.mark.parametrize(
    "text", ["..", "out", "out/..", "deep/../..", "/", "../rootless", "in/../.."]
)
def test_folders_elsewhere_are_refused_in_one_line(root, text):
    with pytest.raises(ValueError, match="lies outside the folder of the app") as caught:
        choose_folder(root, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["none", "file.jpg", "circle", "a\0b", "x" * 5_000, "two\nlines"])
def test_what_is_no_folder_is_refused_in_one_line(root, text):
    with pytest.raises(ValueError, match="choose") as caught:
        choose_folder(root, text)
    assert "\n" not in str(caught.value)


def test_the_list_of_folders_follows_no_link_and_shows_no_hidden_one(root):
    assert folders_below(root) == [".", "deep", "deep/er"]
    assert folders_below(root, most=1) == ["."]


def test_the_zip_holds_the_groups_byte_for_byte(place, tmp_path):
    names = ("cat.jpg", "sub/cat.jpg", "<img src=x onerror=alert(1)>.jpg", "-rf.jpg")
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(name.encode())
    os.utime(folder / "cat.jpg", (0, 0))  # 1970, which zip cannot hold
    grouping = made_grouping([[0], [0], [9], [9]], [0, 0, 1, 1], folder=folder, paths=names)
    for _ in range(2):  # the second replaces the first
        packed = zip_groups(grouping, {0: "../cats"}, place)
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    tables = {"groups/clusters.csv", "groups/manifest.json", "groups/run.json"}
    photos = {name: data for name, data in held.items() if name not in tables}
    assert set(held) == tables | set(photos)
    assert {data.decode() for data in photos.values()} == set(names)
    assert {name.split("/")[1] for name in photos} == {".._cats", "cluster_01"}
    assert "groups/cluster_01/_img src=x onerror=alert(1)_.jpg" in photos
    assert sorted(os.listdir(place)) == ["groups.zip", "photos"]
    assert [(folder / name).read_bytes().decode() for name in names] == list(names)
