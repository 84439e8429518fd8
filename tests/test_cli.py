"""The command line as a user meets it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from imagegroup.cli import main

QUICK = ("--set", "n_init=1", "--set", "ks=2..6")


def run(*arguments):
    """Run a command in this process, as main() does in one of its own, and catch what it says."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:  # argparse
            code = stop.code
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


def run_process(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "imagegroup", *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def complaint(result, code=2):
    """The one line on stderr of a run that the user can mend."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr


@pytest.fixture(scope="module")
def few(album, tmp_path_factory):
    """Four groups of three views, one of them in a folder with a space."""
    folder = tmp_path_factory.mktemp("few") / "my photos"
    for group in ("astronaut", "brick", "coffee", "rocket"):
        (folder / group).mkdir(parents=True)
        for view in sorted((album / group).iterdir())[:3]:
            shutil.copy(view, folder / group)
    return folder


@pytest.fixture
def mixed(few, tmp_path):
    """The same with a text file, a broken image, a blank one and a hidden system file."""
    folder = tmp_path / "mixed"
    shutil.copytree(few, folder)
    (folder / "notes.txt").write_text("these are my holidays")
    (folder / "broken.jpg").write_bytes(next((few / "brick").iterdir()).read_bytes()[:400])
    cv2.imwrite(str(folder / "blank.png"), np.full((200, 200), 128, np.uint8))
    (folder / "coffee" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return folder


def tree(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_json_accounts_for_every_file(mixed):
    before = tree(mixed)
    result = run("group", mixed, "--json", *QUICK)
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["seen"] == 16 == said["grouped"] + said["no_features"] + len(said["skipped"])
    reasons = {s["path"]: s["reason"] for s in said["skipped"]}
    assert reasons["notes.txt"] == "not-an-image"
    assert set(reasons) == {"notes.txt", "broken.jpg", "coffee/.DS_Store"}
    assert said["labels"]["blank.png"] == -1
    assert said["no_features"] == 1
    assert list(said["labels"]) == sorted(said["labels"])
    assert set(said["labels"].values()) == set(range(-1, said["k"]))
    assert set(said) == {
        "seen",
        "grouped",
        "no_features",
        "skipped",
        "k",
        "criterion",
        "names",
        "labels",
        "seconds",
        "recipe",
    }
    assert tree(mixed) == before


def test_k_given_and_groups_by_scene(few):
    said = json.loads(run("group", few, "--k", "4", "--json").stdout)
    assert said["criterion"] == "given"
    groups = {}
    for path, label in said["labels"].items():
        groups.setdefault(path.split("/")[0], set()).add(label)
    assert sorted(map(tuple, groups.values())) == [(0,), (1,), (2,), (3,)]


def test_out_holds_a_folder_a_group(mixed, tmp_path):
    out, before = tmp_path / "sorted", tree(mixed)
    result = run("group", mixed, "--out", out, "--k", "4")
    assert result.returncode == 0, result.stderr
    folders = sorted(p.name for p in out.iterdir() if p.is_dir())
    assert folders == ["cluster_00", "cluster_01", "cluster_02", "cluster_03", "no_features"]
    with open(out / "clusters.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13
    assert {"path", "label", "distance"} <= set(rows[0])
    copies = [p for p in out.rglob("*") if p.suffix in (".jpg", ".png")]
    assert sorted(p.read_bytes() for p in copies) == sorted(
        (mixed / row["path"]).read_bytes() for row in rows
    )
    record = json.loads((out / "run.json").read_text())
    assert record["recipe"]["k"] == 4
    assert tree(mixed) == before
    again = run("group", mixed, "--out", out, "--k", "4")
    assert again.returncode == 0
    assert "already complete" in again.stdout
    other = run("group", mixed, "--out", out, "--k", "3")
    assert other.returncode == 2


def test_dry_run_writes_nothing(few, tmp_path):
    out = tmp_path / "sorted"
    result = run("group", few, "--out", out, "--dry-run", "--k", "4")
    assert result.returncode == 0
    assert "cluster_00" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_verify_and_undo(few, tmp_path):
    out = tmp_path / "sorted"
    assert run("group", few, "--out", out, "--k", "4").returncode == 0
    assert run("verify", out).returncode == 0
    copied = next((out / "cluster_00").iterdir())
    copied.write_bytes(b"edited")
    assert run("verify", out).returncode == 1
    assert run("undo", out).returncode == 0
    assert (out / "cluster_01").exists()  # without --yes nothing is removed
    assert run("undo", out, "--yes").returncode == 0
    assert list(out.rglob("*.jpg")) == [copied]  # edited, so it stays
    assert len(tree(few)) == 12


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{few}", "--k", "13"], "12 distinct images cannot be put into k = 13"),
        (["{few}", "--k", "0"], "k=0"),
        (["{few}", "--k", "elbows"], "'elbows'"),
        (["{few}", "--set", "n_feature=3"], "n_feature"),
        (["{few}", "--set", "n_features"], "NAME=VALUE"),
        (["{few}", "--set", "n_features=many"], "n_features='many'"),
        (["{few}", "--set", "scale_factor=1"], "from 1.01 to 4"),
        (["{few}", "--jobs", "-1"], "--jobs -1"),
        (["{few}", "--out", "{few}/inside"], "inside"),
        (["{few}", "--recipe", "best"], "best"),
        (["{few}/nothing here"], "nothing here"),
        (["{few}/brick/00.jpg"], "00.jpg"),
    ],
)
def test_what_the_user_can_mend_is_one_line(few, arguments, said):
    first = sorted((few / "brick").iterdir())[0].name
    arguments = [a.replace("{few}", str(few)).replace("00.jpg", first) for a in arguments]
    assert said.replace("00.jpg", first) in complaint(run("group", *arguments))


@pytest.mark.parametrize("given", ['"{}"', "'{}'", "{} ", "{}/"])
def test_a_pasted_path_is_understood(few, given):
    assert run("group", given.format(few), "--k", "2").returncode == 0


def test_a_tilde_is_the_home(few):
    assert run_process("group", "~/my photos", "--k", "2", HOME=str(few.parent)).returncode == 0


def test_small_folders(few, tmp_path):
    pictures = sorted(few.rglob("*.jpg"))
    for count, expected in ((0, 0), (1, 1), (2, 1)):
        folder = tmp_path / str(count)
        folder.mkdir()
        for i in range(count):
            shutil.copy(pictures[i * 4], folder / f"{i}.jpg")
        said = json.loads(run("group", folder, "--json").stdout)
        assert (said["seen"], said["k"]) == (count, expected)
        table = run("group", folder)
        assert table.returncode == 0
        assert f"{count} seen = " in table.stdout


def test_all_alike_all_blank_no_image(few, tmp_path):
    alike, blank, none = tmp_path / "alike", tmp_path / "blank", tmp_path / "none"
    for folder in (alike, blank, none):
        folder.mkdir()
    for i in range(5):
        shutil.copy(next((few / "brick").iterdir()), alike / f"{i}.jpg")
        cv2.imwrite(str(blank / f"{i}.png"), np.full((90, 90), 40 * i, np.uint8))
        (none / f"{i}.txt").write_text("no image")
    assert json.loads(run("group", alike, "--json").stdout)["k"] == 1
    assert json.loads(run("group", alike, "--json", "--recipe", "classic").stdout)["k"] == 1
    said = json.loads(run("group", blank, "--json").stdout)
    assert (said["k"], said["no_features"]) == (0, 5)
    table = run("group", none)
    assert table.returncode == 0
    assert table.stdout.startswith("5 files skipped")  # first, since they are more than half


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: POSIX permissions")
def test_a_folder_that_cannot_be_read(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o000)
    script = (
        "import contextlib, io, os, sys; from imagegroup.cli import main\n"
        "with contextlib.redirect_stderr(io.StringIO()):\n"
        "    main(['group', '/nothing here'])\n"  # loads all it needs while it still may
        "os.getuid() or os.setuid(65534); sys.exit(main(sys.argv[1:]))"
    )
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if os.stat(parent).st_uid == os.getuid() and parent != Path("/tmp"):
            parent.chmod(0o755)
    result = subprocess.run(
        [sys.executable, "-c", script, "group", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path)},
        check=False,
    )
    folder.chmod(0o700)
    assert "locked" in complaint(result)


def test_no_elbow_is_3_for_classic_and_a_fallback_for_default(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(2):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 256, (200, 200), np.uint8))
    result = run("group", tmp_path, "--recipe", "classic")
    assert "no elbow" in complaint(result, 3)
    assert "--k" in result.stderr
    said = json.loads(run("group", tmp_path, "--k", "elbow", "--json").stdout)
    assert said["k"] == 1


def test_score(few):
    result = run("score", few, "--k", "true", "--seeds", "2", "--json")
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert (said["n"], said["labels_true"], said["k"]) == (12, 4, [4, 4])
    for name in ("ari", "nmi", "accuracy"):
        assert set(said[name]) == {"mean", "sd", "values"}
        assert len(said[name]["values"]) == 2
        assert said[name]["mean"] > 0.9
    assert (said["no_features"], said["skipped"]) == (0, [])
    assert "ARI" in run("score", few, "--k", "4", "--seeds", "1").stdout
    assert "lies in no sub-folder" in complaint(run("score", few / "brick"))


def test_version_help_and_no_command():
    assert run("--version").stdout.startswith("imagegroup 0")
    assert "group" in run("--help").stdout
    complaint(run())
    complaint(run("grup"))


def test_in_a_process_of_its_own(few, tmp_path):
    result = run_process("group", few, "--k", "4", "--out", tmp_path / "sorted")
    assert (result.returncode, result.stderr) == (0, "")
    assert "12 seen = 12 grouped" in result.stdout
    assert complaint(run_process("group", tmp_path / "gone"))


def test_interrupted_is_130(few, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("imagegroup.cli.group_images", stop)
    assert "interrupted" in complaint(run("group", few), 130)


def test_seeds_repeat(few):
    one, two = (run("group", few, "--seed", "3", "--json", *QUICK) for _ in range(2))
    assert json.loads(one.stdout)["labels"] == json.loads(two.stdout)["labels"]
    assert json.loads(one.stdout)["recipe"]["random_state"] == 3


def test_not_recursive(few):
    said = json.loads(run("group", few, "--no-recursive", "--json").stdout)
    assert said["seen"] == 0
