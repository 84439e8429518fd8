"""Sweeps: each image seen once for each way of seeing, each run once, the same table always."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from imagegroup import sweeps
from imagegroup.cache import Cache
from imagegroup.effects import labels_of
from imagegroup.evaluate import score_labels
from imagegroup.grouping import group_images
from imagegroup.recipes import CLASSIC, DEFAULT
from imagegroup.sweep_rows import cell, read_rows
from imagegroup.sweeps import plan_runs, sweep_recipes
from imagegroup.vectors import ENCODINGS

QUICK = DEFAULT.with_values(grid_step=0, colour=0, k=4, n_init=1, n_words=4)
GRID = {"n_features": [20, 200], "fast_threshold": [10, 40], "n_words": [2, 4]}
GROUPS = ("brick", "coffee", "rocket", "coins")


@pytest.fixture(scope="module")
def few(album, tmp_path_factory) -> Path:
    """Four groups of three views."""
    folder = tmp_path_factory.mktemp("few") / "photos"
    for group in GROUPS:
        (folder / group).mkdir(parents=True)
        for view in range(3):
            shutil.copy(album / group / f"{view:02d}.jpg", folder / group)
    return folder


@pytest.fixture
def extractions(monkeypatch) -> list[tuple[str, int]]:
    """Count what is observed: (path, n_features of the recipe) each time."""
    seen = []
    observe = sweeps.observe_images

    def counted(folder, paths, recipe, *rest):
        seen.extend((path, recipe.orb) for path in paths)
        return observe(folder, paths, recipe, *rest)

    monkeypatch.setattr(sweeps, "observe_images", counted)
    return seen


def without_time(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="seconds")


@pytest.fixture(scope="module")
def whole(few) -> pd.DataFrame:
    return sweep_recipes(few, GRID, QUICK, seeds=2, jobs=1)


def test_one_row_a_run_in_the_order_of_the_grid(whole):
    assert len(whole) == 2 * 2 * 2 * 2
    assert whole[[*GRID, "seed"]].to_numpy().tolist() == [
        [n, t, w, s] for n in (20, 200) for t in (10, 40) for w in (2, 4) for s in (0, 1)
    ]
    assert set(whole["n"]) == {12}
    assert whole["stability"].isna().all()  # there are known labels


def test_a_row_equals_grouping_by_hand(few, whole):
    recipe = QUICK.with_values(n_features=200, fast_threshold=40, n_words=2, random_state=1)
    grouping = group_images(few, recipe)
    row = whole.query("n_features == 200 and fast_threshold == 40 and n_words == 2").iloc[1]
    assert labels_of([row["labels"]])[0].tolist() == grouping.labels.tolist()
    scores = score_labels([p.split("/")[0] for p in grouping.paths], grouping.labels)
    assert (row["ari"], row["nmi"], row["accuracy"]) == (scores.ari, scores.nmi, scores.accuracy)
    assert row["silhouette"] == grouping.sweep.silhouettes[0]
    assert labels_of([row["true"]])[0].tolist() == np.repeat(range(4), 3).tolist()


def test_each_image_is_seen_once_for_each_way_of_seeing(few, extractions, tmp_path):
    """n_words and the seed change nothing of what is seen: 2 x 2 ways, 12 images."""
    out = tmp_path / "sweep.csv"
    sweep_recipes(few, GRID, QUICK, seeds=2, out=out, jobs=1)
    assert len(extractions) == len(set(extractions)) == 2 * 2 * 12
    extractions.clear()
    sweep_recipes(few, GRID, QUICK, seeds=2, out=out, jobs=1)
    assert extractions == []


def test_with_a_cache_a_second_sweep_describes_nothing(few, tmp_path, monkeypatch):
    cache, grid = Cache(tmp_path / "cache"), {"n_words": [2, 4]}
    first = sweep_recipes(few, grid, QUICK, seeds=1, jobs=1, cache=cache)
    monkeypatch.setattr(cv2, "ORB_create", None)  # would raise if it were called
    second = sweep_recipes(few, grid, QUICK, seeds=1, jobs=1, cache=cache)
    pd.testing.assert_frame_equal(without_time(first), without_time(second))


@pytest.mark.slow
def test_the_table_is_the_same_whatever_the_jobs(few, whole, tmp_path):
    out = tmp_path / "sweep.csv"
    parallel = sweep_recipes(few, GRID, QUICK, seeds=2, jobs=2, out=out)
    pd.testing.assert_frame_equal(without_time(parallel), without_time(whole))
    read = pd.read_csv(out)
    assert read["ari"].tolist() == whole["ari"].tolist()
    assert read["labels"].tolist() == whole["labels"].tolist()


def test_a_readers_own_encoding_is_swept_in_this_process(few, monkeypatch):
    """Other processes would not know it."""
    theirs = ENCODINGS["thumbnail"]
    own = replace(theirs, observe=lambda *arguments: theirs.observe(*arguments))
    monkeypatch.setitem(ENCODINGS, "own", own)
    table = sweep_recipes(few, {"encoding": ["own", "thumbnail"]}, QUICK, seeds=1, jobs=2)
    assert table["labels"][0] == table["labels"][1]


class Stop(BaseException):
    """An interruption."""


@pytest.mark.parametrize("torn", [b"", b"200,10,2,0,4,0.9"])
def test_what_was_finished_is_not_run_again(few, whole, extractions, tmp_path, monkeypatch, torn):
    out, done, run = tmp_path / "sweep.csv", [], sweeps._run

    def interrupted(*arguments):
        if len(done) == 5:
            raise Stop
        done.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(sweeps, "_run", interrupted)
    with pytest.raises(Stop):
        sweep_recipes(few, GRID, QUICK, seeds=2, out=out, jobs=1)
    finished = out.read_bytes()
    assert finished.count(b"\n") == 1 + 5
    out.write_bytes(finished + torn)
    done.clear()
    extractions.clear()
    monkeypatch.setattr(sweeps, "_run", lambda *arguments: done.append(1) or run(*arguments))
    table = sweep_recipes(few, GRID, QUICK, seeds=2, out=out, jobs=1)
    assert len(done) == 16 - 5
    assert len(extractions) == 3 * 12  # of four ways of seeing the first was finished
    pd.testing.assert_frame_equal(without_time(table), without_time(whole))
    assert out.read_bytes().startswith(finished)


def test_more_seeds_may_be_asked_for_later(few, tmp_path, monkeypatch):
    out, grid = tmp_path / "sweep.csv", {"n_features": [20, 200]}
    sweep_recipes(few, grid, QUICK, seeds=1, out=out, jobs=1)
    three = sweep_recipes(few, grid, QUICK, seeds=3, out=out, jobs=1)
    assert out.read_text().count("\n") == 1 + 6
    monkeypatch.setattr(sweeps, "_run", None)  # would raise if it were called
    one = sweep_recipes(few, grid, QUICK, seeds=1, out=out, jobs=1)
    assert one["ari"].tolist() == three.query("seed == 0")["ari"].tolist()
    again = sweep_recipes(few, grid, QUICK, seeds=3, out=out, jobs=1)
    pd.testing.assert_frame_equal(again, three)  # their times too: they are the same rows


def test_another_sweep_is_refused_in_one_line(few, tmp_path):
    out, grid = tmp_path / "sweep.csv", {"n_words": [2]}
    sweep_recipes(few, grid, QUICK, seeds=1, out=out, jobs=1)
    kept = out.read_bytes()
    with pytest.raises(ValueError, match=r"^sweep\.csv|sweep\.csv holds a sweep of other grid"):
        sweep_recipes(few, {"n_words": [2, 3]}, QUICK, seeds=1, out=out, jobs=1)
    with pytest.raises(ValueError, match="a sweep of other grid or recipe"):
        sweep_recipes(few, grid, QUICK.with_values(max_side=320), seeds=1, out=out, jobs=1)
    with pytest.raises(ValueError, match="something else than a sweep of n_levels"):
        sweep_recipes(few, {"n_levels": [1]}, QUICK, seeds=1, out=out, jobs=1)
    other = tmp_path / "other"
    shutil.copytree(few, other)
    (other / "brick/00.jpg").unlink()
    with pytest.raises(ValueError, match="a sweep of other images"):
        sweep_recipes(other, grid, QUICK, seeds=1, out=out, jobs=1)
    text = kept.decode().replace("imagegroup 0", "imagegroup 9")
    out.write_text(text)
    with pytest.raises(ValueError, match="a sweep of other versions"):
        sweep_recipes(few, grid, QUICK, seeds=1, out=out, jobs=1)
    assert out.read_text() == text
    out.write_text("a letter\n")
    with pytest.raises(ValueError, match="something else than a sweep"):
        sweep_recipes(few, grid, QUICK, seeds=1, out=out, jobs=1)
    assert out.read_text() == "a letter\n"


def test_a_renamed_folder_is_the_same_set(few, tmp_path):
    out, grid = tmp_path / "sweep.csv", {"n_words": [2]}
    first = sweep_recipes(few, grid, QUICK, seeds=1, out=out, jobs=1)
    shutil.copytree(few, tmp_path / "copy")
    again = sweep_recipes(tmp_path / "copy", grid, QUICK, seeds=1, out=out, jobs=1)
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(
    ("grid", "seeds", "said"),
    [
        ({"n_feature": [1]}, 1, "'n_feature' is not a setting: expected one of"),
        ({"n_levels": [1, 99]}, 1, "n_levels=99: expected a value from 1 to 32"),
        ({"n_levels": [1, 1]}, 1, "expected values, each of them once"),
        ({"n_levels": []}, 1, "expected values"),
        ({"random_state": [1]}, 1, "cannot be swept"),
        ({"n_levels": [1]}, 0, "seeds=0: expected a whole number from 1"),
    ],
)
def test_a_grid_that_cannot_be(grid, seeds, said):
    with pytest.raises(ValueError, match=said):
        plan_runs(grid, QUICK, seeds)


def test_out_does_not_lie_among_the_photos(few):
    with pytest.raises(ValueError, match="lies in the folder of the photos"):
        sweep_recipes(few, {"n_words": [2]}, QUICK, out=few / "sweep.csv")
    with pytest.raises(ValueError, match="expected a file in a folder that exists"):
        sweep_recipes(few, {"n_words": [2]}, QUICK, out=few.parent / "no/sweep.csv")


def test_without_labels_there_is_stability(few, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for group in GROUPS:
        for photo in (few / group).iterdir():
            shutil.copy(photo, flat / f"{group}-{photo.name}")
    table = sweep_recipes(flat, {"k": [2, 4, 12]}, QUICK, seeds=1, jobs=1)
    assert table[["ari", "nmi", "accuracy"]].isna().all(axis=None)
    assert table["stability"].notna().tolist() == [True, True, False]  # 12 > 0.8 x 12
    assert table["silhouette"].notna().tolist() == [True, True, False]
    assert (table["true"] == "").all()


def test_a_setting_without_groups_is_a_row_that_says_why(few):
    classic = CLASSIC.with_values(n_features=50, ks=(1, 2))
    table = sweep_recipes(few, {"k": ["elbow", 3, 40]}, classic, seeds=1, jobs=1)
    assert table["k"].isna().tolist() == [True, False, True]
    assert table["note"][0].startswith("no elbow found for k = 1..2")
    assert "cannot be put into k = 40 groups" in table["note"][2]
    assert table["n"][1] == 12


def test_cells_are_safe_and_exact():
    assert cell("@cmd") == "'@cmd"
    assert cell(np.float64(0.1) + 0.2) == "0.30000000000000004"
    assert cell(np.array([0, -1])) == "[0 -1]"
    assert "\n" not in cell("two\nlines")


def test_no_part_of_a_row_is_read(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"a,b\n1,2\n3")
    assert read_rows(file, ("a", "b")) == [{"a": "1", "b": "2"}]
    file.write_bytes(b"a,b\n1,2\n3\n")
    with pytest.raises(ValueError, match="something else"):
        read_rows(file, ("a", "b"))
    assert read_rows(tmp_path / "none.csv", ("a", "b")) == []


@pytest.mark.slow
def test_killed_and_restarted_it_computes_what_is_missing(few, whole, tmp_path):
    out = tmp_path / "sweep.csv"
    grid = [f"{name}={','.join(map(str, values))}" for name, values in GRID.items()]
    fixed = [f"{n}={getattr(QUICK, n)}" for n in ("grid_step", "colour", "n_init")]
    command = [sys.executable, "-m", "imagegroup", "sweep", str(few), "--grid", *grid, "--k", "4"]
    command += ["--seeds", "2", "--out", str(out)]
    command += [part for setting in fixed for part in ("--set", setting)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while (not out.exists() or out.read_bytes().count(b"\n") < 4) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = out.read_bytes()
    finished = finished[: finished.rfind(b"\n") + 1]
    assert 4 <= finished.count(b"\n") < 1 + 16
    subprocess.run(command, check=True, capture_output=True)
    lines = out.read_bytes().splitlines(keepends=True)
    assert set(finished.splitlines(keepends=True)) <= set(lines)
    expected = [cell(value) for value in whole["ari"]]
    assert [row["ari"] for row in read_rows(out, list(whole.columns))] == expected
