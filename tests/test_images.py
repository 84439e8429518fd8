"""Images are read by their content, upright and within limits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagegroup.images import Limits, Photo, list_folder, map_images, read_image, read_photo
from imagegroup.skips import Skipped, SkipReason


def write(path, image, *options):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(cv2.imencode(Path(path).suffix, image, options)[1].tobytes())


def test_read_image_is_what_opencv_decodes(tmp_path, photo):
    write(tmp_path / "a.jpg", cv2.resize(photo, (960, 720)))
    expected = cv2.imread(str(tmp_path / "a.jpg"), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg"), expected)
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg", max_side=5000), expected)
    small = read_photo(tmp_path / "a.jpg", max_side=100, colour=True)
    assert (small.image.shape, small.width, small.height) == ((75, 100, 3), 960, 720)
    assert small.image.dtype == np.uint8
    assert small.image.flags.c_contiguous


def test_the_content_decides_not_the_name(tmp_path, photo):
    write(tmp_path / "a.png", photo)
    (tmp_path / "a.png").rename(tmp_path / "notes.txt")
    np.testing.assert_array_equal(read_image(tmp_path / "notes.txt"), photo)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(pixels=480 * 360 - 1), SkipReason.TOO_LARGE),
        (Limits(side=479), SkipReason.TOO_LARGE),
        (Limits(file_bytes=1000), SkipReason.FILE_TOO_LARGE),
        (Limits(pixels=480 * 360, side=480), None),
    ],
)
def test_limits_hold_before_anything_is_decoded(tmp_path, photo, monkeypatch, limits, reason):
    write(tmp_path / "a.png", photo)
    if reason is None:
        assert read_image(tmp_path / "a.png", limits=limits).shape == photo.shape
        return
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(Skipped) as caught:
        read_image(tmp_path / "a.png", limits=limits)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("name", "content", "value"),
    [
        (".DS_Store", b"\0\0\0\1Bud1", "system-file"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "system-file"),
        ("desktop.ini", b"[.ShellClassInfo]", "system-file"),
        (".nomedia", b"", "system-file"),
        ("._photo.jpg", b"\0\5\x16\7\0\2\0\0", "system-file"),
        (".cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "corrupt"),
        ("notes.txt", b"hello", "not-an-image"),
        ("empty.jpg", b"", "empty"),
    ],
)
def test_a_system_file_that_is_no_image_says_so(tmp_path, photo, name, content, value):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Skipped) as caught:
        read_image(tmp_path / name)
    assert caught.value.reason.value == value
    (tmp_path / name).write_bytes(cv2.imencode(".png", photo)[1].tobytes())
    assert read_image(tmp_path / name).shape == photo.shape


def test_a_film_is_told_by_its_start_and_not_read(tmp_path, monkeypatch):
    film, zeros = tmp_path / "film.jpg", tmp_path / "zeros.jpg"
    film.write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isommp41")
    zeros.touch()
    for file in (film, zeros):
        os.truncate(file, 2**32)
    for file, value in ((film, "video"), (zeros, "file-too-large")):
        with pytest.raises(Skipped, match=value):
            read_image(file)


def test_every_reason_has_a_sentence_and_a_remedy():
    for reason in SkipReason:
        assert reason.value == reason.name.lower().replace("_", "-") or reason is SkipReason.CHANGED
        assert reason.sentence.endswith(".")
        assert reason.remedy
        assert "\n" not in str(Skipped(reason, "detail"))
        assert SkipReason(reason.value) is reason


def test_reading_needs_no_heavy_library():
    code = "import sys; import imagegroup.images; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"matplotlib", "sklearn", "scipy", "pandas", "IPython"} & set(loaded.stdout.split())


def test_photo_compares_by_identity(photo):
    assert Photo(photo, 480, 360) != Photo(photo, 480, 360)


def test_what_can_be_read_in_grey_can_be_read_in_colour(shared):
    folder = shared("bad")
    paths = list_folder(folder).paths
    grey, colour = (
        [isinstance(r, Skipped) for r in map_images(shape_of, folder, paths, colour=c)]
        for c in (False, True)
    )
    assert grey == colour


def shape_of(photo):
    return photo.image.shape
