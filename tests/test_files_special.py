"""What permissions and special files do to a listing, as a user without rights."""

from __future__ import annotations

import base64
import contextlib
import csv
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def make(folder, *names):
    for name in names:
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))


OUTCOMES = """
import json, os, sys
from imagegroup.images import list_folder, map_images
from imagegroup.skips import Skipped
if os.getuid() == 0:  # permissions do not bite root
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
folder = sys.argv[1]
try:
    listing = list_folder(folder)
except OSError as error:
    print(json.dumps([type(error).__name__, str(error)]))
    sys.exit()
found = {skip.path: skip.reason.value for skip in listing.skipped}
results = map_images(lambda photo: "ok", folder, listing.paths, jobs=4)
for path, result in zip(listing.paths, results, strict=True):
    assert path not in found
    found[path] = result.reason.value if isinstance(result, Skipped) else result
print(json.dumps(found))
"""


def outcomes_without_rights(folder):
    """The word for each path, "ok" or why not, where permissions bite, also when we are root."""
    run = [sys.executable, "-c", OUTCOMES, str(folder)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


@pytest.fixture
def open_folder():
    """A folder that another user may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path, folders, _ in os.walk(folder):
        for name in folders:
            with contextlib.suppress(OSError):
                os.chmod(os.path.join(path, name), 0o755)
    shutil.rmtree(folder)


@posix
def test_a_closed_folder_is_reported_and_not_lost(open_folder):
    make(open_folder, "a.txt", "closed/b.jpg", "names_only/c.jpg", "closed.jpg")
    (open_folder / "closed").chmod(0)
    (open_folder / "names_only").chmod(0o444)
    (open_folder / "closed.jpg").chmod(0)
    assert outcomes_without_rights(open_folder) == {
        "a.txt": "not-an-image",
        "closed": "permission",
        "closed.jpg": "permission",
        "names_only/c.jpg": "permission",
    }
    kind, message = outcomes_without_rights(open_folder / "closed")
    assert kind == "PermissionError"
    assert message.endswith("closed: may not be listed; give yourself access (chmod u+rx).")


ALSO = {  # what the manifest calls otherwise, or leaves open
    "directory": {None},
    "dangling-symlink": {"symlink"},
    "symlink-loop": {"symlink"},
    "symlink-dir-loop": {"symlink"},
    "symlink-dir-escape": {"symlink"},
    "symlink-device": {"symlink"},
    "symlink-escape": {"symlink"},
    "symlink-proc": {"symlink"},
    "symlink-inside": {"symlink"},
    "sparse-8GiB": {"file-too-large"},
    "sparse-3GiB": {"file-too-large"},
    "name-clash-with-output": {"ok"},  # each holds a photo
}


@posix
def test_the_special_files_end_as_their_manifest_says(shared, open_folder, monkeypatch, capsys):
    script, folder = shared("bad") / "make_special.py", open_folder / "in" / "special"
    monkeypatch.setattr(sys, "argv", [str(script), str(folder)])
    runpy.run_path(str(script), run_name="__main__")
    found = outcomes_without_rights(folder)
    with (folder.parent / "special_manifest.csv").open(newline="") as file:
        rows = {base64.b64decode(row["name_b64"]): row for row in csv.DictReader(file)}
    for name, row in rows.items():
        path = os.fsdecode(name)
        if row["kind"] == "path>PATH_MAX" or row["expected"].startswith("not-creatable"):
            continue
        got = found.pop(path, None)
        wanted = {row["expected"].removeprefix("skip:").replace("readable", "ok")}
        if path == "dir_mode000/in.jpg":
            got = found.pop("dir_mode000")
        if path in ("plain.jpg", "hardlink.jpg"):  # one file
            wanted = {"ok" if path == "hardlink.jpg" else "same-file"}
        assert got in ALSO.get(row["kind"], wanted), ascii(path)
    ((deep, reason),) = found.items()
    assert (deep[:8], reason) == ("deep_00_", "path-too-long")
    assert len(rows) > 140
