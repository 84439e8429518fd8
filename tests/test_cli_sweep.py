"""`imagegroup sweep` as a user meets it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from test_cli import complaint, run

FIXED = ("--set", "grid_step=0", "--set", "colour=0", "--set", "n_init=1", "--jobs", "1")


@pytest.fixture(scope="module")
def few(album, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("few") / "my photos"
    for group in ("brick", "coffee", "rocket"):
        (folder / group).mkdir(parents=True)
        for view in range(3):
            shutil.copy(album / group / f"{view:02d}.jpg", folder / group)
    return folder


def test_sweep_prints_and_keeps(few, tmp_path):
    out = tmp_path / "sweep.csv"
    grid = ("--grid", "n_features=20,200", "n_words=2,4", "--grid", "k=3,silhouette")
    command = ("sweep", few, *grid, "--seeds", "2", "--set", "ks=2..4", *FIXED, "--out", out)
    result = run(*command)
    assert result.returncode == 0, result.stderr
    table = pd.read_csv(out)
    assert len(table) == 2 * 2 * 2 * 2
    assert table.columns[:5].tolist() == ["n_features", "n_words", "k_setting", "seed", "k"]
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["n_features", "n_words", "k_setting", "ari", "sd", "k"]
    assert [line.split()[2] for line in lines[1:9]] == ["3", "silhouette"] * 4
    assert "ari, n_features 200 against 20: again on these photos: " in result.stdout
    assert lines[-1] == f"16 runs in {out}"
    before = out.read_bytes()
    assert run(*command).stdout == result.stdout
    assert out.read_bytes() == before


def test_without_labels_it_prints_the_silhouette(few, tmp_path):
    flat = tmp_path / "flat"
    shutil.copytree(few / "brick", flat)
    shutil.copy(few / "coffee/00.jpg", flat / "coffee.jpg")
    result = run("sweep", flat, "--grid", "n_levels=1,4", "--seeds", "2", "--k", "2", *FIXED)
    assert result.returncode == 0, result.stderr
    assert "silhouette, n_levels 4 against 1" in result.stdout


def test_runs_without_groups_are_told(few):
    result = run("sweep", few, "--grid", "k=2,30", "--seeds", "1", *FIXED)
    assert result.returncode == 0, result.stderr
    assert "1 runs without groups: 9 distinct images cannot be put into k = 30" in result.stdout


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (["n_levels"], "--grid n_levels: expected NAME=A,B,C"),
        (["n_levels="], "--grid n_levels=: expected NAME=A,B,C"),
        (["n_levels=1", "n_levels=2"], "n_levels is given twice"),
        (["n_level=1"], "'n_level' is not a setting"),
        (["n_levels=0"], "n_levels=0: expected a value from 1 to 32"),
        (["n_levels=1,one"], "n_levels='one': expected a whole number"),
        (["ks=(2,3),(2,3)"], "each of them once"),
    ],
)
def test_what_the_user_can_mend_is_one_line(few, grid, said):
    assert said in complaint(run("sweep", few, "--grid", *grid, *FIXED))


def test_seeds_out_and_folder(few, tmp_path):
    grid = ("--grid", "n_levels=1")
    assert "seeds=0" in complaint(run("sweep", few, *grid, "--seeds", "0", *FIXED))
    assert "lies in the folder" in complaint(run("sweep", few, *grid, "--out", few / "a.csv"))
    assert complaint(run("sweep", tmp_path / "none", *grid)).startswith("imagegroup: ")
    assert "--grid" in run("sweep", few).stderr
