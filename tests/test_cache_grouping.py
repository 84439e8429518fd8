"""Grouping with a cache: the same groups, and nothing is decoded twice."""

from __future__ import annotations

import dataclasses
import os
import shutil

import numpy as np
import platformdirs
import pytest

from imagegroup import CLASSIC, DEFAULT, Cache, group_images, images
from imagegroup.cli import main
from imagegroup.vectors import ENCODINGS, Encoding

RECIPES = {
    "classic": CLASSIC.with_values(k=3),
    "default": DEFAULT.with_values(k=3, n_init=1),
    "thumbnail": DEFAULT.with_values(k=3, n_init=1, encoding="thumbnail"),
}


@pytest.fixture(scope="module")
def few(album, tmp_path_factory):
    """Three groups of three views, one of them twice, and two files that are skipped."""
    folder = tmp_path_factory.mktemp("few")
    for group in ("brick", "coffee", "rocket"):
        (folder / group).mkdir()
        for view in sorted((album / group).iterdir())[:3]:
            shutil.copy(view, folder / group)
    shutil.copy(folder / "brick" / "00.jpg", folder / "again.jpg")
    (folder / "notes.txt").write_text("these are my holidays")
    (folder / "broken.jpg").write_bytes((folder / "brick" / "00.jpg").read_bytes()[:9_000])
    return folder


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "observations")


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
    )


@pytest.mark.parametrize("name", RECIPES)
def test_equal_results_cold_warm_and_spoilt(few, cache, decoded, name):
    plain = group_images(few, RECIPES[name])
    assert len(plain.skipped) == 2
    decoded.clear()
    cold = group_images(few, RECIPES[name], cache=cache, jobs=1)
    assert same(cold, plain)
    assert (len(decoded), cache.size()[0]) == (9 + 1, 9)  # broken.jpg; again.jpg is an old friend
    decoded.clear()
    assert same(group_images(few, RECIPES[name], cache=cache, jobs=1), plain)
    assert len(decoded) == 1  # broken.jpg: what is skipped is looked at again
    for i, entry in enumerate(sorted(cache.folder.iterdir())):
        data = bytearray(entry.read_bytes())
        data[i * len(data) // 10] ^= 4
        entry.write_bytes(data if i % 2 else data[:-1])
    assert same(group_images(few, RECIPES[name], cache=cache), plain)
    assert same(group_images(few, RECIPES[name], cache=cache), plain)


AFTERWARDS = {"k": 2, "n_words": 8, "n_dims": 2, "n_init": 2, "random_state": 1, "ks": (2, 3)}
AFTERWARDS["min_inliers"] = 9
DECIDING = {"n_features": 999, "max_side": 320, "grid_step": 9, "colour": 0, "encoding": "vlad"}


def test_what_decides_how_a_photo_is_seen_is_in_the_key_and_nothing_else(few, cache, decoded):
    recipe = RECIPES["thumbnail"]
    group_images(few, recipe, cache=cache, jobs=1)
    for name, value in (AFTERWARDS | {"colour": 2}).items():
        decoded.clear()
        group_images(few, recipe.with_values(**{name: value}), cache=cache, jobs=1)
        assert len(decoded) == 1, name
    for name, value in DECIDING.items():
        decoded.clear()
        group_images(few, recipe.with_values(**{name: value}), cache=cache, jobs=1)
        assert len(decoded) == 10, name
    fields = {field.name for field in dataclasses.fields(recipe)} - {"orb", "fallback"}
    assert fields <= {*AFTERWARDS, *DECIDING}


def test_an_edited_photo_is_seen_anew(few, cache, tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(few, folder)
    group_images(folder, RECIPES["default"], cache=cache)
    photo, before = folder / "coffee" / "00.jpg", (folder / "coffee" / "00.jpg").stat()
    data = bytearray(photo.read_bytes())
    data[-200] ^= 255  # same size, same time
    photo.write_bytes(data)
    os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
    plain = group_images(folder, RECIPES["default"])
    assert same(group_images(folder, RECIPES["default"], cache=cache), plain)


def test_an_encoding_of_the_readers_own_is_not_kept(few, cache, monkeypatch):
    thumbnail = ENCODINGS["thumbnail"]
    own = Encoding(lambda *photo: thumbnail.observe(*photo), thumbnail.learn, thumbnail.encode)
    monkeypatch.setitem(ENCODINGS, "own", own)
    group_images(few, DEFAULT.with_values(k=3, n_init=1, encoding="own"), cache=cache)
    assert cache.size() == (0, 0)


def test_never_among_the_photos(few):
    with pytest.raises(ValueError, match="where the photos are"):
        group_images(few, RECIPES["default"], cache=Cache(few))


def test_the_command_line_keeps_nothing_and_empties_the_cache(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    assert main(["group", str(few), "--k", "3", "--set", "n_init=1"]) == 0
    assert os.listdir(tmp_path) == []
    group_images(few, RECIPES["default"], cache=Cache())
    capsys.readouterr()
    assert main(["cache", "info"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'imagegroup' / 'observations'}: 9 entries, ")
    assert main(["cache", "clear"]) == 0
    assert "removed 9 entries" in capsys.readouterr().out
    assert main(["cache", "info"]) == 0
    assert "0 entries, 0.0 MB" in capsys.readouterr().out
    (tmp_path / "imagegroup" / "observations").chmod(0o777)
    assert main(["cache", "clear"]) == 2
    assert "no folder of yours alone" in capsys.readouterr().err
