"""Finished batches are kept, a killed run goes on from them, and they decide nothing."""

from __future__ import annotations

import functools
import io
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegroup import CLASSIC, DEFAULT, batches, group_images, grouping, images
from imagegroup.cache import Cache, _head
from imagegroup.cli import main
from imagegroup.skips import Skipped, SkipReason

QUICK = DEFAULT.with_values(k=3, n_init=1)
RECIPES = {
    "default": QUICK,
    "classic": CLASSIC.with_values(k=3),
    "thumbnail": QUICK.with_values(encoding="thumbnail"),
}


@pytest.fixture(scope="module")
def photos(album, tmp_path_factory):
    """Eighteen photos, one without a feature, two files that are skipped."""
    folder = tmp_path_factory.mktemp("photos")
    for group in ("brick", "coffee", "rocket"):
        shutil.copytree(album / group, folder / group)
        for view in sorted((folder / group).iterdir())[6:]:
            view.unlink()
    blank = images.cv2.imencode(".png", np.full((90, 90), 200, np.uint8))[1]
    (folder / "coffee" / "blank.png").write_bytes(blank.tobytes())
    (folder / "notes.txt").write_text("these are my holidays")
    (folder / "broken.jpg").write_bytes((folder / "brick" / "00.jpg").read_bytes()[:9_000])
    return folder


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(batches, "BATCH_IMAGES", 4)
    monkeypatch.setattr(grouping, "SAMPLE_IMAGES", 4)


@pytest.fixture
def decoded(monkeypatch):
    """The photos that are decoded from here on."""
    calls, decode = [], images.decode
    monkeypatch.setattr(images, "decode", lambda *a, **k: calls.append(a) or decode(*a, **k))
    return calls


def same(one, other):
    return (
        one.paths == other.paths
        and one.skipped == other.skipped
        and np.array_equal(one.vectors, other.vectors)
        and one.vectors.dtype == other.vectors.dtype
        and np.array_equal(one.labels, other.labels)
        and np.array_equal(one.centers, other.centers)
        and one.criterion == other.criterion
    )


@pytest.mark.parametrize("name", RECIPES)
def test_equal_results_without_at_first_and_from_batches(photos, tmp_path, decoded, name):
    plain, place = group_images(photos, RECIPES[name]), tmp_path / "batches"
    assert len(plain.paths) == 19
    assert len(plain.skipped) == 2
    if name != "thumbnail":
        assert plain.labels[plain.paths.index("coffee/blank.png")] == -1
    assert same(group_images(photos, RECIPES[name], batches=place), plain)
    assert len(os.listdir(place)) == 6  # 21 files, 4 a batch
    decoded.clear()
    assert same(group_images(photos, RECIPES[name], batches=place), plain)
    assert 0 < len(decoded) <= 8  # what is learned from, until half of 4 have features
    assert same(group_images(photos, RECIPES[name]), plain)


def test_what_is_damaged_is_as_good_as_none(photos, tmp_path):
    plain, place = group_images(photos, QUICK), tmp_path / "batches"
    group_images(photos, QUICK, batches=place)
    before = {path: path.read_bytes() for path in place.iterdir()}
    for i, (path, data) in enumerate(sorted(before.items())):
        damaged = bytearray(data)
        damaged[i * len(data) // 6] ^= 4
        path.write_bytes([damaged, data[:-1], b"", b"no batch"][i % 4])
    assert same(group_images(photos, QUICK, batches=place), plain)
    assert before == {path: path.read_bytes() for path in place.iterdir()}


def bytes_of(*arrays):
    body = io.BytesIO()
    np.savez(body, *arrays)
    return body.getvalue()


class Bomb:
    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize(
    "body",
    [
        pickle.dumps(Bomb()),
        bytes_of(np.array([Bomb()], object)),
        bytes_of(np.zeros((4, 3))),
        bytes_of(np.zeros((4, 3)), np.frombuffer(b"[1, 1, 1, 1, 1]", np.uint8)),
        bytes_of(np.zeros((2, 3)), np.frombuffer(b"[1, 1, 1, 1]", np.uint8)),
        bytes_of(np.zeros((4, 3)), np.frombuffer(b'[["no reason", ""], 1, 1, 1]', np.uint8)),
        bytes_of(np.zeros((4, 3)), np.frombuffer(b"\xff\xfe", np.uint8)),
    ],
    ids=["pickle", "object array", "no notes", "too many", "too few", "a reason", "no text"],
)
def test_what_was_made_to_look_like_ours_is_none(photos, tmp_path, monkeypatch, body):
    monkeypatch.chdir(tmp_path)
    plain, place = group_images(photos, QUICK), tmp_path / "batches"
    group_images(photos, QUICK, batches=place)
    for path in place.iterdir():
        path.write_bytes(_head(path.name, body) + body)  # with the right sum
    assert same(group_images(photos, QUICK, batches=place), plain)
    assert os.listdir(tmp_path) == ["batches"]


def test_only_the_batch_of_a_changed_photo_is_encoded_again(photos, tmp_path):
    folder, place, recipe = tmp_path / "photos", tmp_path / "batches", RECIPES["thumbnail"]
    shutil.copytree(photos, folder)
    group_images(folder, recipe, batches=place)
    before = set(os.listdir(place))
    shutil.copy(folder / "rocket" / "00.jpg", folder / "coffee" / "00.jpg")
    assert same(group_images(folder, recipe, batches=place), group_images(folder, recipe))
    assert len(set(os.listdir(place)) - before) == 1


DECIDING = {"n_features": 999, "max_side": 320, "grid_step": 9, "colour": 0.5, "n_words": 8}
DECIDING |= {"random_state": 1, "encoding": "words"}


def test_all_that_decides_a_vector_is_in_the_key_and_nothing_else(photos, tmp_path):
    group_images(photos, QUICK, batches=tmp_path)
    for name, value in {"k": 2, "n_dims": 2, "n_init": 2, "ks": (2, 3)}.items():
        group_images(photos, QUICK.with_values(**{name: value}), batches=tmp_path)
        assert len(os.listdir(tmp_path)) == 6, name
    for number, (name, value) in enumerate(DECIDING.items(), 2):
        group_images(photos, QUICK.with_values(**{name: value}), batches=tmp_path)
        assert len(os.listdir(tmp_path)) == 6 * number, name


KILLED = """
import os, signal, sys
from imagegroup import DEFAULT, batches, cache, group_images, grouping
batches.BATCH_IMAGES = grouping.SAMPLE_IMAGES = 4
replace, left = os.replace, [int(sys.argv[3])]
def killing(*names):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)
os.replace = killing
group_images(sys.argv[1], DEFAULT.with_values(k=3, n_init=1), batches=sys.argv[2])
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not on this machine")
def test_a_killed_run_goes_on_from_its_finished_batches(photos, tmp_path, decoded):
    place = tmp_path / "batches"
    done = subprocess.run([sys.executable, "-c", KILLED, str(photos), str(place), "4"])
    assert done.returncode == -9
    finished = {path.name: path.stat().st_mtime_ns for path in place.glob("[0-9a-f]*")}
    assert len(finished) == 4
    assert len(list(place.glob(".tmp-*"))) == 1  # the fifth, not yet under its name
    plain = group_images(photos, QUICK)
    decoded.clear()
    assert same(group_images(photos, QUICK, batches=place), plain)
    assert len(decoded) <= 8 + 5  # what is learned from, and of 21 files the last 5
    after = {path.name: path.stat().st_mtime_ns for path in place.glob("[0-9a-f]*")}
    assert len(after) == 6
    assert finished.items() <= after.items()


def test_a_file_that_could_not_be_read_this_time_is_tried_again(photos, tmp_path, monkeypatch):
    decode, size = images.decode, (photos / "coffee" / "00.jpg").stat().st_size

    def fails(data, *arguments, **options):
        if len(data) == size:
            raise MemoryError
        return decode(data, *arguments, **options)

    plain = group_images(photos, QUICK)
    monkeypatch.setattr(images, "decode", fails)
    poor = group_images(photos, QUICK, batches=tmp_path)
    assert {"coffee/00.jpg": SkipReason.MEMORY}.items() <= {
        s.path: s.reason for s in poor.skipped
    }.items()
    assert len(os.listdir(tmp_path)) == 5
    monkeypatch.setattr(images, "decode", decode)
    assert same(group_images(photos, QUICK, batches=tmp_path), plain)


def test_a_photo_that_changes_after_words_are_learned_from_it_is_read_again(photos, tmp_path):
    folder, path = tmp_path / "photos", "coffee/00.jpg"
    shutil.copytree(photos, folder)
    recipe = RECIPES["thumbnail"]
    store = batches.open_store(tmp_path / "batches", folder, recipe)
    read = functools.partial(grouping.observe_images, folder, recipe=recipe)
    known = dict(zip([path], read([path]), strict=True))
    shutil.copy(folder / "rocket" / "00.jpg", folder / path)
    here = functools.partial(
        batches._encode_here, functools.partial(grouping.encode_each, read, recipe)
    )
    found = list(batches.encode_batches(folder, recipe, store, here, [path], known, []))
    assert np.array_equal(found[0], next(read(["rocket/00.jpg"]))[0])


def test_long_vectors_are_kept_too(tmp_path, photos):
    store = batches.open_store(tmp_path / "batches", photos, QUICK)
    long = np.zeros((1, 80 * 2**20), np.uint8)
    store.store("ab" * 32, batches.pack(long))
    assert [len(row) for row in batches.unpack(store.load("ab" * 32))] == [80 * 2**20]


def test_never_among_or_around_the_photos(photos, tmp_path):
    for place in (photos, photos / "batches", photos.parent, photos / ".." / photos.name):
        with pytest.raises(ValueError, match="among or around the photos: give a folder beside"):
            group_images(photos, QUICK, batches=place)
    link = tmp_path / "link"
    link.symlink_to(photos)
    with pytest.raises(ValueError, match="among or around the photos"):
        group_images(photos, QUICK, batches=link / "batches")
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionError, match="no folder of yours alone"):
        group_images(photos, QUICK, batches=tmp_path / "file")


def test_a_full_disk_stops_the_run_and_keeps_what_is_finished(photos, tmp_path, monkeypatch):
    store, stored = Cache.store, []

    def fails(self, key, arrays):
        if len(stored) == 2:
            raise OSError(28, "No space left on device")
        stored.append(key)
        store(self, key, arrays)

    monkeypatch.setattr(Cache, "store", fails)
    with pytest.raises(OSError, match="No space left"):
        group_images(photos, QUICK, batches=tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(stored)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib_may_work_elsewhere(photos, tmp_path, backend):
    plain = group_images(photos, QUICK)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert same(group_images(photos, QUICK), plain)
        for _ in range(2):  # the second time all batches are there
            assert same(group_images(photos, QUICK, batches=tmp_path), plain)
        next(tmp_path.iterdir()).write_bytes(b"damaged")
        assert same(group_images(photos, QUICK, batches=tmp_path), plain)
    assert len(os.listdir(tmp_path)) == 6
    assert same(group_images(photos, QUICK, batches=tmp_path), plain)


def test_the_command_line(photos, tmp_path, capsys):
    how = ["group", str(photos), "--k", "3", "--set", "n_init=1", "--batches"]
    assert main([*how, str(tmp_path / "batches")]) == 0
    assert len(os.listdir(tmp_path / "batches")) == 6
    capsys.readouterr()
    assert main([*how, str(photos / "batches")]) == 2
    assert "give a folder beside" in capsys.readouterr().err
    assert not (photos / "batches").exists()


rows = st.one_of(
    st.none(),
    st.builds(Skipped, st.sampled_from(list(SkipReason)), st.text()),
    st.integers(0, 255).map(lambda value: np.full(3, value, np.uint8)),
)


@given(st.lists(rows))
def test_what_is_packed_comes_back(given_rows):
    back = list(batches.unpack(batches.pack(given_rows)))
    assert len(back) == len(given_rows)
    for one, other in zip(given_rows, back, strict=True):
        assert type(one) is type(other)
        assert one is None or np.array_equal(
            getattr(one, "args", one), getattr(other, "args", other)
        )


def test_an_edited_package_makes_old_batches_misses(photos, monkeypatch):
    one = batches.batch_key(Path(photos), ("brick/00.jpg",), QUICK, [])
    monkeypatch.setattr("imagegroup.cache.CODE", "other")
    assert batches.batch_key(Path(photos), ("brick/00.jpg",), QUICK, []) != one


def test_without_them_the_core_needs_neither_batches_nor_code_of_ones_own(photos):
    script = (
        "import sys; from imagegroup import DEFAULT, group_images\n"
        "group_images(sys.argv[1], DEFAULT.with_values(k=3, encoding='thumbnail'))\n"
        "assert not {'imagegroup.batches', 'imagegroup.own'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, str(photos)], check=True)
