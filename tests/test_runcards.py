"""Run cards, and what changed between two of them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from imagegroup.grouping import group_images
from imagegroup.recipes import DEFAULT
from imagegroup.runcards import compare_runs, hash_images, load_card, run_card, save_card, versions

QUICK = DEFAULT.with_values(grid_step=0, colour=0, k=3, n_init=1, n_words=4)


@pytest.fixture(scope="module")
def few(album, tmp_path_factory) -> Path:
    """Three groups of three views, one of them named in bytes that are no UTF-8."""
    folder = tmp_path_factory.mktemp("few") / "photos"
    for group in ("brick", "coffee", "rocket"):
        (folder / group).mkdir(parents=True)
        for view in range(3):
            shutil.copy(album / group / f"{view:02d}.jpg", folder / group)
    os.rename(folder / "brick/00.jpg", os.fsencode(folder) + b"/brick/\xe9.jpg")
    return folder


@pytest.fixture(scope="module")
def grouping(few):
    return group_images(few, QUICK)


def test_a_card_says_where_a_grouping_came_from(grouping, tmp_path):
    card = run_card(grouping)
    assert load_card(save_card(card, tmp_path / "run.json")) == json.loads(json.dumps(card))
    kept = load_card(tmp_path / "run.json")
    assert kept["recipe"]["orb"]["n_features"] == 1_000
    assert kept["versions"] == versions()
    assert kept["seeds"] == [0]
    assert list(kept["labels"].items()) == list(
        zip(grouping.paths, grouping.labels.tolist(), strict=True)
    )
    assert kept["seconds"]["sweep"] >= 0
    assert len(kept["images"]) == 64


def test_the_hash_is_that_of_names_and_contents(few, grouping, tmp_path):
    whole = hash_images(few, grouping.paths)
    assert whole == hash_images(few, grouping.paths[::-1])
    copy = tmp_path / "copy"
    shutil.copytree(few, copy)
    assert hash_images(copy, grouping.paths) == whole
    photo = copy / "rocket/00.jpg"
    photo.write_bytes(photo.read_bytes() + b"\0")
    assert hash_images(copy, grouping.paths) != whole
    assert hash_images(few, grouping.paths[1:]) != whole
    (copy / "a").write_bytes(b"bc")
    (copy / "ab").write_bytes(b"c")
    assert hash_images(copy, ["a"]) != hash_images(copy, ["ab"])
    assert len(hash_images(copy, ["not there"])) == 64


def test_what_changed_and_what_moved(few, grouping, tmp_path):
    other = group_images(few, QUICK.with_values(k=2, fast_threshold=5, random_state=3))
    changes = compare_runs(save_and_load(grouping, tmp_path), other)
    assert changes.settings == {"k": (3, 2), "random_state": (0, 3), "fast_threshold": (10, 5)}
    assert changes.versions == {}
    assert changes.same_images
    counts = np.zeros((3, 2), int)
    for a, b in zip(grouping.labels, other.labels, strict=True):
        counts[a, b] += 1
    assert np.array_equal(changes.counts, counts)
    assert (changes.groups_a.tolist(), changes.groups_b.tolist()) == ([0, 1, 2], [0, 1])
    best = max(counts[a, 0] + counts[b, 1] for a in range(3) for b in range(3) if a != b)
    assert len(changes.moved) == 9 - best
    assert "fast_threshold: 10 -> 5" in str(changes)
    assert f"{len(changes.moved)} of 9 images moved" in str(changes)


def save_and_load(grouping, place) -> dict:
    return load_card(save_card(run_card(grouping), place / "card.json"))


def test_a_run_against_itself_moved_nothing(grouping, tmp_path):
    changes = compare_runs(grouping, save_and_load(grouping, tmp_path))
    assert changes.settings == changes.versions == {}
    assert changes.moved == changes.missing == ()
    assert changes.ari == 1
    assert str(changes) == (
        "same settings and versions\nthe same images; 0 of 9 images moved (ARI 1.000)"
    )


def test_images_of_one_run_alone_are_named(grouping):
    a = run_card(grouping)
    labels = dict(list(a["labels"].items())[1:])
    b = {**a, "labels": labels, "images": "other", "versions": {**a["versions"], "numpy": "0"}}
    changes = compare_runs(a, b)
    assert changes.missing == grouping.paths[:1]
    assert not changes.same_images
    assert changes.versions == {"numpy": (a["versions"]["numpy"], "0")}
    with pytest.raises(ValueError, match="no image in common"):
        compare_runs(a, {**a, "labels": {"x.jpg": 0}})


@pytest.mark.parametrize("text", ["", "[1]", "{}", "3", '{"recipe": 1}'])
def test_what_is_no_card(tmp_path, text):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ValueError, match="is no run card"):
        load_card(tmp_path / "card.json")
