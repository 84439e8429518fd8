"""What measures is measured: the generated photos, the post's way stated plainly, the ratios."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_photos_are_seeded_of_the_size_asked_for_and_as_detailed_as_real_ones(shared):
    from make_images import make_photo

    one, same, other = make_photo(400, 3), make_photo(400, 3), make_photo(400, 4)
    assert one.shape == (300, 400, 3)
    assert one.dtype == np.uint8
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)

    def detail(rgb):
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(float)
        return np.abs(np.diff(grey, axis=1)).mean()

    ours = np.median([detail(make_photo(640, seed)) for seed in range(20)])
    paths = sorted(shared("simple3").rglob("*.jpg"))[::8]
    real = np.median([detail(cv2.imread(str(path))[..., ::-1].copy()) for path in paths])
    assert real / 3 < ours < real * 3


def test_a_folder_is_made_once(tmp_path):
    from make_images import make_folder

    folder = make_folder(tmp_path / "photos", 2, 64)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert sorted(before) == ["00000.jpg", "00001.jpg"]
    make_folder(folder, 3, 64)
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(after) == 3
    assert before.items() <= after.items()


def test_classic_gives_the_labels_of_the_plain_statement(tmp_path):
    import jobs
    import plain_post
    from make_images import make_folder

    folder = make_folder(tmp_path, 24, 320)
    with threadpool_limits(1):  # the same numbers, in less time on a busy machine
        theirs, ours = plain_post.group(jobs.full_paths(folder)), jobs.classic(folder)
    jobs.check_classic(theirs, ours)
    assert len(theirs[1]) == min(20, len(theirs[0])) > 10
    wrong = (ours[0], np.roll(ours[1], 1, axis=1), ours[2])
    with pytest.raises(AssertionError):
        jobs.check_classic(theirs, wrong)


def test_ratios_are_medians_of_pairs():
    from measure import Seconds, race, ratio

    slow = [Seconds(8, 10), Seconds(9, 20), Seconds(100, 30)]
    fast = [Seconds(4, 1), Seconds(3, 1), Seconds(1, 1)]
    assert ratio(slow, fast, "wall") == 3
    assert ratio(slow, fast, "cpu") == 20
    calls = []
    theirs, ours = race(lambda: calls.append("theirs"), lambda: calls.append("ours"), 3)
    assert calls == ["theirs", "ours"] * 3
    assert len(theirs) == len(ours) == 3


def test_the_scale_of_a_few_photos_is_measured(tmp_path, monkeypatch, capsys):
    import scale

    monkeypatch.setattr(scale, "FEW", 8)
    monkeypatch.setattr(scale, "MANY", 12)
    scale.main(tmp_path)
    said = capsys.readouterr().out
    assert re.search(r"^peak memory, 12 photos +0\.\d\d GB .*: reached$", said, re.MULTILINE)
    assert re.search(r"CPU time an image, 12 photos against 8 .*bar <= 15 %: ", said)
    on_disk = int(re.search(r"batches: (\d+) bytes an image", said)[1])
    vector = int(re.search(r"(\d+) bytes a vector", said)[1])
    assert 0.5 * vector < on_disk < 1.1 * vector  # one may have no features


def test_an_unknown_row_is_refused():
    command = [sys.executable, str(BENCHMARKS / "run.py"), "sweep", "speed"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    rows = "start, sweep, job, default, memory, scenes, scale"
    assert result.stderr == f"speed: expected some of {rows}.\n"
