"""The 1,829 damaged, hostile and odd files of the bad corpus, read in one process."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from imagegroup.decode import NEEDS, OPENCV
from imagegroup.formats import sniff
from imagegroup.images import list_folder, map_images
from imagegroup.skips import Skipped, SkipReason


@pytest.fixture(scope="module")
def corpus():
    """Folder, the rows of its manifest by path, and what became of each file."""
    from conftest import SHARED

    folder = SHARED / "bad"
    if not folder.is_dir():
        pytest.skip("real image sets not found: bad (set IMAGEGROUP_DATA to their folder)")
    with (folder / "manifest.csv").open(newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    paths = [path for path in list_folder(folder).paths if path in rows]
    results = map_images(lambda photo: photo.image.shape, folder, paths, jobs=8)
    return folder, rows, dict(zip(paths, results, strict=True))


def reason(result):
    return result.reason.value if isinstance(result, Skipped) else "readable"


def too_old_for(folder, path):
    """Whether this OpenCV lacks the format."""
    return NEEDS.get(sniff((folder / path).read_bytes()).format, OPENCV) > OPENCV


def test_every_file_is_accounted_for(corpus):
    _, rows, found = corpus
    assert set(found) == set(rows)
    assert len(rows) > 1_800


def test_outcomes_are_those_pinned(corpus):
    folder, rows, found = corpus
    wrong = []
    for path, row in rows.items():
        got = reason(found[path])
        if row["pinned"] == "readable" and got == "unsupported-format":
            assert too_old_for(folder, path), path
        elif row["pinned"] != "open" and (got == "readable") != (row["pinned"] == "readable"):
            wrong.append((path, row["pinned"], got))
    assert wrong == []


def test_formats_that_an_old_opencv_lacks_are_the_only_ones_missing(corpus):
    folder, rows, found = corpus
    readable = [path for path, row in rows.items() if row["pinned"] == "readable"]
    missing = {path for path in readable if isinstance(found[path], Skipped)}
    assert missing == {path for path in readable if too_old_for(folder, path)}
    if OPENCV < (4, 11):
        assert len(missing) == 83
    for path in missing:
        assert "needs OpenCV 4.1" in found[path].detail
        assert cv2.__version__ in found[path].detail


def test_reasons_are_those_the_manifest_gives(corpus):
    _, rows, found = corpus
    given = {path: row["expected"] for path, row in rows.items() if ":" in row["expected"]}
    assert len(given) >= 10
    assert {path: f"skip:{reason(found[path])}" for path in given} == given


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("gen/png_hugechunk.png", "corrupt"),
        ("gen/bomb_scans500.jpg", "too-large"),
        ("gen/bomb_scans3000.jpg", "too-large"),
        ("gen/bomb_20000x20000.gif", "too-large"),
        ("gen/hdr_pjpg_30000x30000.jpg", "too-large"),
        ("gen/folderlitter/.DS_Store", "system-file"),
        ("gen/folderlitter/.hidden.jpg", "readable"),
        ("gen/folderlitter/photo.jpg.part", "corrupt"),
    ],
)
def test_bombs_and_litter_have_their_reason(corpus, path, value):
    assert reason(corpus[2][path]) == value


def test_reduced_size_changes_no_outcome(corpus):
    folder, _, found = corpus
    small = map_images(lambda photo: photo.image.shape, folder, found, max_side=64, jobs=8)
    for (path, full), reduced in zip(found.items(), small, strict=True):
        assert reason(full) == reason(reduced), path
        if not isinstance(full, Skipped):
            assert max(reduced[:2]) == min(64, max(full[:2])), path


PEAK = """
import sys
from imagegroup.images import list_folder, map_images
paths = list_folder(sys.argv[1]).paths
for result in map_images(lambda photo: photo.image.mean(), sys.argv[1], paths, jobs=8):
    pass
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_reading_all_takes_less_than_600_megabytes_and_names_nothing_on_stderr(corpus):
    """The decoders' own libraries complain on stderr, from C: of the pixels, never with a name."""
    run = [sys.executable, "-c", PEAK, str(corpus[0])]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert int(done.stdout) / 1024 < 600
    assert not [path for path in corpus[1] if Path(path).name in done.stderr]


def test_closed_list(corpus):
    assert {r.reason for r in corpus[2].values() if isinstance(r, Skipped)} <= set(SkipReason)
