"""The main flow: rows never drift, nothing is lost, the same input gives the same output."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from imagegroup import CLASSIC, DEFAULT, NoElbow, OrbParams, Recipe, group_images, grouping
from imagegroup.images import list_folder

QUICK = DEFAULT.with_values(ks=range(1, 8), n_init=1)


@pytest.fixture(scope="module")
def few(album, tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    for group in ("astronaut", "brick", "coffee"):
        shutil.copytree(album / group, folder / group)
    return folder


def test_rows_stay_together(few):
    whole = group_images(few, QUICK)
    assert whole.paths == tuple(sorted(list_folder(few).paths))
    for row in (0, 7, 8, 23):
        distance = np.linalg.norm(whole.vectors[row] - whole.centers[whole.labels[row]])
        assert whole.distances[row] == pytest.approx(distance)
    for label in range(whole.k):
        rows = whole.members(label)
        assert (np.diff(whole.distances[rows]) >= 0).all()
        assert np.allclose(whole.centers[label], whole.vectors[rows].mean(axis=0), atol=1e-6)
    assert sum(len(whole.members(label)) for label in range(whole.k)) == 24


def test_files_that_cannot_be_read_shift_nothing(few, tmp_path):
    plain = group_images(few, QUICK)
    folder = tmp_path / "more"
    shutil.copytree(few, folder)
    for name in ("aaa.txt", "brick/0.jpg", "coffee/zzz.png", ".hidden"):
        (folder / name).write_text("no image")
    (folder / "bbb.jpg").write_bytes(b"")
    more = group_images(folder, QUICK)
    assert more.paths == plain.paths
    assert np.array_equal(more.labels, plain.labels)
    assert len(more.skipped) == 5
    assert more.seen == 29


def test_directory_order_does_not_matter(few, monkeypatch):
    plain, scandir = group_images(few, QUICK), os.scandir

    class Backwards:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = list(entries)[::-1]

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            return None

        def __iter__(self):
            return iter(self.entries)

    monkeypatch.setattr(os, "scandir", Backwards)
    assert np.array_equal(group_images(few, QUICK).labels, plain.labels)


def test_jobs_do_not_matter(few):
    one, many = (group_images(few, QUICK, jobs=jobs) for jobs in (1, 5))
    assert np.array_equal(one.vectors, many.vectors)
    assert np.array_equal(one.labels, many.labels)


def test_more_images_than_are_learned_from(few, monkeypatch):
    monkeypatch.setattr(grouping, "SAMPLE_IMAGES", 5)
    some = group_images(few, QUICK)
    assert len(some.paths) == 24
    folder_of = [path.split("/")[0] for path in some.paths]
    assert all(
        len({g for g, f in zip(some.labels, folder_of, strict=True) if f == name}) == 1
        for name in set(folder_of)
    )


def test_a_vector_depends_on_its_image_and_the_vocabulary_only(few, tmp_path, monkeypatch):
    # With a fixed sample to learn from, another image in the folder changes no vector.
    plain = group_images(few, QUICK.with_values(encoding="thumbnail"))
    folder = tmp_path / "more"
    shutil.copytree(few, folder)
    cv2.imwrite(str(folder / "zebra.png"), np.random.default_rng(0).integers(0, 256, (90, 90)))
    more = group_images(folder, QUICK.with_values(encoding="thumbnail"))
    assert np.array_equal(more.vectors[:-1], plain.vectors)


@pytest.mark.parametrize("encoding", ["vlad", "thumbnail", "histogram"])
def test_three_scenes_are_three_groups(few, encoding):
    found = group_images(few, QUICK.with_values(encoding=encoding, k=3, n_init=5))
    assert sorted(np.bincount(found.labels)) == [8, 8, 8]


def test_with_values_takes_both_kinds_of_fields():
    recipe = DEFAULT.with_values(n_features=300, k=4, ks=range(2, 5))
    assert recipe.orb == OrbParams(
        300, edge_threshold=DEFAULT.orb.edge_threshold, fast_threshold=DEFAULT.orb.fast_threshold
    )
    assert (recipe.k, recipe.ks) == (4, (2, 3, 4))
    assert DEFAULT.with_values() == DEFAULT


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"max_sides": 3}, "'max_sides' is not a setting: expected one of"),
        ({"encoding": "vlads"}, "expected one of flatten"),
        ({"k": 2.5}, "k=2.5"),
        ({"k": -1}, "k=-1"),
        ({"ks": ()}, "at least one"),
        ({"ks": (0,)}, "ks=0"),
        ({"n_init": 0}, "n_init=0"),
        ({"fallback": "gap?"}, "fallback='gap\\?'"),
        ({"random_state": -1}, "random_state=-1"),
    ],
)
def test_a_bad_recipe_says_what_is_expected(values, said):
    with pytest.raises(ValueError, match=said):
        DEFAULT.with_values(**values)


def test_classic_is_the_posts():
    by_hand = Recipe(
        orb=OrbParams(n_features=800, edge_threshold=0, fast_threshold=0),
        max_side=0,
        grid_step=0,
        colour=0,
        n_dims=0,
        encoding="flatten",
        k="elbow",
        fallback=None,
        ks=tuple(range(1, 21)),
        n_init="auto",
        random_state=0,
    )
    assert by_hand == CLASSIC


def test_no_elbow_carries_the_curve(tmp_path):
    rng = np.random.default_rng(1)
    for i in range(2):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 256, (200, 200), np.uint8))
    with pytest.raises(NoElbow, match="--k N") as stopped:
        group_images(tmp_path, CLASSIC)
    assert stopped.value.sweep.ks.tolist() == [1, 2]


def test_originals_are_untouched(few):
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in few.rglob("*.jpg")}
    group_images(few, QUICK)
    assert before == {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in few.rglob("*.jpg")}


def test_default_loads_none_of_the_large_libraries(album, tmp_path):
    """They would cost a second and 100 MB; K-means, silhouettes and criteria are ours."""
    for group in ("coins", "coffee"):
        shutil.copytree(album / group, tmp_path / group)
    script = (
        "import sys, imagegroup\n"
        "imagegroup.group_images(sys.argv[1])\n"
        "print(sorted({'sklearn', 'scipy', 'kneed', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    told = [sys.executable, "-c", script, str(tmp_path)]
    assert subprocess.run(told, capture_output=True, text=True).stdout.strip() == "[]"
