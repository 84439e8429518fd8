"""Images are read in threads, in order, within a budget; interrupted, nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagegroup.images import BUDGET, list_folder, map_images, read_photo
from imagegroup.skips import Skipped, SkipReason


def write(path, image, *options):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(cv2.imencode(Path(path).suffix, image, options)[1].tobytes())


def shape(photo):
    return photo.image.shape


@pytest.fixture
def folder(tmp_path, photo):
    """Ten images that differ in width, and a text among them."""
    for number in range(10):
        write(tmp_path / f"{number}.png", photo[:100, : 100 + number])
    (tmp_path / "4.png").write_text("no image")
    return tmp_path


def ours():
    return [t for t in threading.enumerate() if t.name.startswith("imagegroup")]


@pytest.mark.parametrize("jobs", [0, 1, 2, 8])
def test_results_come_in_the_order_of_the_paths(folder, jobs):
    paths = [f"{n}.png" for n in (3, 9, 4, 0, 7)]

    def slow_first(photo):
        time.sleep(0.05 if photo.width == 103 else 0)
        return photo.width

    results = list(map_images(slow_first, folder, iter(paths), jobs=jobs))
    assert [r if isinstance(r, int) else r.reason for r in results] == [
        103,
        109,
        SkipReason.NOT_AN_IMAGE,
        100,
        107,
    ]


def test_results_are_those_of_a_plain_loop(folder):
    paths = [p for p in list_folder(folder).paths if p != "4.png"]
    for how in ({}, {"colour": True}, {"swatch": True}):
        photos = list(map_images(lambda p: p, folder, paths, max_side=50, jobs=4, **how))
        for path, photo in zip(paths, photos, strict=True):
            alone = read_photo(folder / path, 50, **how)
            np.testing.assert_array_equal(photo.image, alone.image)
            np.testing.assert_array_equal(photo.swatch, alone.swatch)
            assert (photo.swatch is None) == ("swatch" not in how)
            assert (photo.width, photo.height) == (alone.width, alone.height)


def most_at_once(folder, paths, meet=1, **options):
    """How many images were worked on at the same time at most, and which were ever in company.

    Those of 100 px wait for each other until `meet` of them are there.
    """
    lock, barrier, running, most, company = threading.Lock(), threading.Barrier(meet), [], 0, set()

    def work(photo):
        nonlocal most
        with lock:
            running.append(photo.width)
            most = max(most, len(running))
            if len(running) > 1:
                company.update(running)
        if photo.width == 100:
            barrier.wait(timeout=60)
        time.sleep(0.01)
        with lock:
            running.remove(photo.width)

    assert list(map_images(work, folder, paths, **options)) == [None] * len(paths)
    return most, company


def test_the_budget_holds_however_many_threads(tmp_path, photo):
    for number in range(6):
        write(tmp_path / f"{number}.bmp", photo[:100, :100])
    paths = list_folder(tmp_path).paths
    size = (tmp_path / "0.bmp").stat().st_size  # larger than the 10,000 pixels
    assert most_at_once(tmp_path, paths, meet=3, jobs=8, pixel_budget=3 * size)[0] == 3
    assert most_at_once(tmp_path, paths, jobs=8, pixel_budget=1)[0] == 1
    assert most_at_once(tmp_path, paths, meet=2, jobs=2)[0] == 2


def test_a_large_image_waits_until_it_is_alone(tmp_path, photo):
    for number in range(9):
        write(tmp_path / f"{number}.png", photo[:100, :100])
    write(tmp_path / "4.png", cv2.resize(photo, (600, 600)))
    paths = list_folder(tmp_path).paths
    _, company = most_at_once(tmp_path, paths, meet=2, jobs=4, pixel_budget=200_000)
    assert company == {100}


def test_an_image_of_unknown_size_is_read_alone(tmp_path, photo):
    """A JPEG with two megabytes before its frame counts as the largest there may be."""
    data = cv2.imencode(".jpg", photo)[1].tobytes()
    late = data[:2] + (b"\xff\xe5\xff\xff" + bytes(65533)) * 32 + data[2:]
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(late)
    assert most_at_once(tmp_path, [f"{n}.jpg" for n in range(4)], jobs=4)[0] == 1


def test_a_reduced_jpeg_takes_its_part_of_the_budget(tmp_path, photo):
    large = cv2.resize(photo, (1600, 1600))
    for number in range(4):
        write(tmp_path / f"{number}.jpg", large, cv2.IMWRITE_JPEG_QUALITY, 50)
        write(tmp_path / f"{number}p.jpg", large, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    plain, progressive = ([f"{n}{p}.jpg" for n in range(4)] for p in ("", "p"))
    options = {"jobs": 4, "pixel_budget": 1600 * 1600}
    assert most_at_once(tmp_path, plain, meet=2, max_side=100, **options)[0] > 1
    assert most_at_once(tmp_path, plain, **options)[0] == 1
    assert most_at_once(tmp_path, progressive, max_side=100, **options)[0] == 1


@pytest.mark.parametrize("error", [MemoryError, cv2.error])
def test_memory_that_runs_out_skips_the_image(folder, error):
    problem = error("no memory")
    problem.code = cv2.Error.StsNoMem

    def fail(photo):
        raise problem

    (result,) = map_images(fail, folder, ["0.png"])
    assert result.reason is SkipReason.MEMORY


def test_a_skip_holds_no_pixels(folder):
    kept = []

    def give_up(photo):
        kept.append(weakref.ref(photo))
        raise Skipped(SkipReason.TOO_LARGE, "mine")

    results = list(map_images(give_up, folder, ["0.png", "1.png"]))
    assert [r.detail for r in results] == ["mine", "mine"]
    assert [r.__traceback__ for r in results] == [None, None]
    assert [ref() for ref in kept] == [None, None]


def test_files_that_go_while_others_are_read_are_skipped(folder):
    paths = list_folder(folder).paths
    results = map_images(shape, folder, paths, jobs=1)
    next(results)
    (folder / "9.png").unlink()
    assert list(results)[-1].reason is SkipReason.VANISHED


@pytest.fixture
def threads():
    """OpenCV on three threads, restored afterwards."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield 3
    cv2.setNumThreads(before)


def test_opencv_uses_one_thread_while_it_runs(folder, threads):
    results = map_images(lambda photo: cv2.getNumThreads(), folder, ["0.png", "1.png"])
    assert cv2.getNumThreads() == threads
    assert list(results) == [1, 1]
    assert cv2.getNumThreads() == threads


@pytest.mark.parametrize("first", [0, 1])
def test_two_at_once_restore_the_threads_of_opencv(folder, threads, first):
    both = [map_images(shape, folder, ["0.png", "1.png"]) for _ in range(2)]
    for results in both:
        next(results)
    both[first].close()
    both[1 - first].close()
    assert cv2.getNumThreads() == threads


def test_an_error_of_the_function_ends_all(folder, threads):
    def fail(photo):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(map_images(fail, folder, list_folder(folder).paths))
    assert not ours()
    assert cv2.getNumThreads() == threads


def test_leaving_early_leaves_nothing_running(folder, threads):
    started = []
    paths = list_folder(folder).paths * 50
    results = map_images(lambda photo: started.append(1), folder, paths, jobs=2)
    next(results)
    results.close()
    assert not ours()
    assert len(started) < 30
    assert cv2.getNumThreads() == threads


@pytest.mark.parametrize("budget", [BUDGET, 1])
def test_ctrl_c_leaves_nothing_running(folder, threads, budget):
    started = []

    def work(photo):
        started.append(1)
        if len(started) == 3:
            signal.raise_signal(signal.SIGINT)  # reaches the main thread, which waits for a result
        time.sleep(0.05)

    paths = ["0.png"] * 200
    with pytest.raises(KeyboardInterrupt):
        list(map_images(work, folder, paths, jobs=4, pixel_budget=budget))
    count = len(started)
    assert not ours()
    assert count < 30
    assert cv2.getNumThreads() == threads
    assert len(list(map_images(shape, folder, ["0.png"]))) == 1  # and it works again
    assert len(started) == count


PEAK = """
import sys
from imagegroup.images import list_folder, map_images
folder, jobs, max_side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
paths = list_folder(folder).paths
results = list(map_images(lambda photo: photo.width, folder, paths, jobs=jobs, max_side=max_side))
assert results == [11_000] * 8, results
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""


def peak_megabytes(*arguments):
    """Largest memory of a child that reads a folder, in MB (2**20 bytes)."""
    run = [sys.executable, "-c", PEAK, *map(str, arguments)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, env={**os.environ})
    return int(done.stdout) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("max_side", [0, 640])
def test_eight_progressive_jpegs_of_99_megapixels_do_not_take_more_memory_than_one(
    tmp_path, photo, max_side
):
    large = cv2.resize(cv2.merge([photo] * 3), (11_000, 9_000))
    data = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    for number in range(8):
        (tmp_path / f"{number}.jpg").write_bytes(data)
    alone, together = (peak_megabytes(tmp_path, jobs, max_side) for jobs in (1, 8))
    assert together < 700
    assert together < alone + 100
