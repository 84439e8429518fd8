"""The project's own install steps, on a fresh clone and in new environments."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE_TESTS = [
    f"tests/test_{name}.py"
    for name in (
        "names", "formats", "files", "decode", "images", "corpus", "samples", "orb", "cache",
        "vectors", "clusters", "grouping", "scenes",
        "evaluate", "export", "cli", "scratch_orb", "scratch_fast",
    )
]  # fmt: skip
pytestmark = pytest.mark.slow


def run(command, cwd, **environment):
    """Run to the end, without the variables by which make and a virtual environment are felt."""
    left_out = ("MAKE", "MFLAGS", "VIRTUAL_", "CI")  # older OpenCVs may skip what they cannot do
    kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    result = subprocess.run(
        command, cwd=cwd, env={**kept, **environment}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=1_800,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-3_000:] + result.stderr[-3_000:]
    return result.stdout


def new_environment(folder, python, *requirements):
    run([python, "-m", "venv", folder], ROOT)
    run([folder / "bin/python", "-m", "pip", "install", "-q", *requirements], ROOT)
    return folder / "bin/python"


def test_a_fresh_clone_runs_on_a_folder_with_spaces(tmp_path, album):
    clone, called = tmp_path / "my clone", tmp_path / "called from"
    run(["git", "clone", "-q", ROOT, clone], tmp_path)
    for group in ("brick", "coffee", "rocket"):
        shutil.copytree(album / group, called / "my photos" / group)
    command = ["make", "-C", clone, "run", "FOLDER=my photos"]
    said = run(command, called, PWD=str(called), PYTHON=sys.executable)
    out = clone / "out"
    assert str(out / "quickstart" / "quickstart.html") in said
    record = json.loads((out / "quickstart/groups/run.json").read_text())
    assert record["counts"]["seen"] == 24
    assert (out / "quickstart/groups/cluster_00").is_dir()
    page = (out / "quickstart/quickstart.html").read_text()
    assert "<img" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css)', page)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    run(command, called, PWD=str(called))  # unchanged: what is there is used again
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    shutil.rmtree(called / "my photos" / "rocket")
    run(command, called, PWD=str(called))  # another result: a place of its own
    assert (out / "quickstart-2/groups/clusters.csv").exists()
    assert {p: p.read_bytes() for p in before} == before
    missing = subprocess.run(
        ["make", "-C", clone, "run", "FOLDER=nothing here"],
        cwd=called,
        capture_output=True,
        text=True,
    )
    assert missing.returncode != 0
    assert "Traceback" not in missing.stderr


def test_opencv_needs_no_screen_libraries():
    import cv2

    (library,) = Path(cv2.__file__).parent.glob("cv2*.so")
    linked = subprocess.run(["ldd", library], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"libGL|libxcb|libgthread|not found", linked)


def test_the_lowest_versions_admitted(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    extras = [e for e in (*optional["test"], *optional["dask"]) if not e.startswith("imagegroup[")]
    lowest = tmp_path / "lowest.txt"
    lowest.write_text("\n".join([*project["dependencies"], *extras]).replace(">=", "=="))
    python = new_environment(tmp_path / "venv", sys.executable, "-e", ".[test]", "-c", lowest)
    import_line = "import cv2, numpy; print(cv2.__version__, numpy.__version__)"
    assert run([python, "-c", import_line], ROOT).startswith("4.10.0 2.0.0")
    run([python, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *CORE_TESTS], ROOT)


def test_a_newer_python(tmp_path):
    others = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3"), reverse=True)
    candidates = [*map(shutil.which, ("python3.14", "python3.13", "python3.12")), *others]
    newer = next((c for c in candidates if c and is_newer(c)), None)
    if newer is None:
        pytest.skip("not on this machine: a newer Python")
    python = new_environment(tmp_path / "venv", newer, "-e", ".[test]")
    run([python, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *CORE_TESTS], ROOT)


def is_newer(python):
    """Tell whether this interpreter runs and is newer than the one we are."""
    ask = "import sys, venv; print(sys.version_info[:2] > tuple(map(int, sys.argv[1:])))"
    version = map(str, sys.version_info[:2])
    answer = subprocess.run([python, "-c", ask, *version], capture_output=True, text=True)
    return answer.stdout.strip() == "True"
