"""The sample album: what it holds, and that its truth is true."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from imagegroup import samples
from imagegroup.samples import PHOTOS, album_folder, make_album, photo, read_truth
from imagegroup.views import make_view

NAMED_IN_THE_PLAN = [
    *("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "coins"),
    *("brick", "gravel", "camera", "immunohistochemistry", "china", "flower"),
]


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_album(tmp_path_factory.mktemp("album") / "hard", "hard", views=3)


def grey(rgb: np.ndarray) -> np.ndarray:
    return rgb.astype(np.float32) @ np.float32([0.299, 0.587, 0.114])


def read_view(path: Path) -> np.ndarray:
    return grey(np.asarray(Image.open(path).convert("RGB")))


def seen_through(base: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Sample the photo where the homography says, by SciPy; mirrored beyond its border."""
    x, y = np.meshgrid(np.arange(480), np.arange(360))
    points = homography @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    places = [points[1] / points[2], points[0] / points[2]]
    return map_coordinates(base, places, order=1, mode="reflect").reshape(360, 480)


def shift_between(a: np.ndarray, b: np.ndarray) -> float:
    """Distance in px by which b would have to move to lie on a."""
    window = cv2.createHanningWindow((480, 360), cv2.CV_32F)
    shift, _ = cv2.phaseCorrelate(a.astype(np.float32), b.astype(np.float32), window)
    return float(np.hypot(*shift))


def test_album_holds_eight_views_of_each_photo(album):
    files = sorted(p.relative_to(album).as_posix() for p in album.rglob("*.*"))
    views = [f"{name}/{view:02d}.jpg" for name in NAMED_IN_THE_PLAN for view in range(8)]
    assert files == sorted([*views, "truth.csv"])
    assert list(read_truth(album)) == views
    for path in album.glob("*/*.jpg"):
        image = Image.open(path)
        assert (image.format, image.size, image.mode) == ("JPEG", (480, 360), "RGB")


@pytest.mark.parametrize("name", NAMED_IN_THE_PLAN)
def test_photo_is_the_one_its_package_loads(name):
    import skimage.data
    from sklearn.datasets import load_sample_image

    if name in ("china", "flower"):
        expected = load_sample_image(f"{name}.jpg")
    else:
        expected = getattr(skimage.data, name)()
    expected = expected if expected.ndim == 3 else np.stack([expected] * 3, axis=2)
    found = photo(name)
    assert found.dtype == np.uint8
    assert found.shape == expected.shape
    # JPEG decoders round differently by a grey level or two.
    assert np.abs(found.astype(int) - expected).mean() < 0.5


def test_unknown_photo_is_named():
    with pytest.raises(ValueError, match="no photo named 'lena': expected one of astronaut,"):
        photo("lena")


def test_no_network_is_used(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert len(read_truth(make_album(tmp_path / "album", views=1))) == 12


def test_truth_of_easy_views_predicts_their_pixels(album):
    truth = read_truth(album)
    for name in PHOTOS:
        base = grey(photo(name))
        for view in (0, 7):
            image = read_view(album / name / f"{view:02d}.jpg")
            predicted = seen_through(base, truth[f"{name}/{view:02d}.jpg"])
            assert shift_between(predicted, image) < 0.1
            wrong = seen_through(base, np.linalg.inv(truth[f"{name}/{view:02d}.jpg"]))
            error, wrong_error = (np.abs(p - image).mean() for p in (predicted, wrong))
            # Light changes by 5 % at most; Hubble's stars are averaged down and SciPy's are not.
            assert error < 10
            assert error < wrong_error / 1.5


def test_truth_of_hard_views_predicts_their_pixels(hard):
    for path, homography in read_truth(hard).items():
        image = read_view(hard / path)
        predicted = seen_through(grey(photo(path.split("/")[0])), homography)
        assert shift_between(predicted, image) < 0.2, path  # half a pixel off gives over 0.35
        assert np.corrcoef(predicted.ravel(), image.ravel())[0, 1] > 0.9, path


def test_keypoints_matched_by_opencv_agree_with_the_truth(album):
    orb, matcher = cv2.ORB_create(2000), cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
    truth = read_truth(album)
    for name in ("astronaut", "coins", "gravel", "china"):
        base, view = grey(photo(name)), read_view(album / name / "03.jpg")
        points, descriptors = orb.detectAndCompute(view.round().astype(np.uint8), None)
        base_points, base_descriptors = orb.detectAndCompute(base.round().astype(np.uint8), None)
        matches = matcher.match(descriptors, base_descriptors)
        here = np.array([[*points[m.queryIdx].pt, 1] for m in matches])
        there = np.array([base_points[m.trainIdx].pt for m in matches])
        predicted = here @ truth[f"{name}/03.jpg"].T
        gaps = np.linalg.norm(predicted[:, :2] / predicted[:, 2:] - there, axis=1)
        assert (gaps < 3).mean() > 0.5, name


def test_same_arguments_give_the_same_bytes(tmp_path):
    one, two, other = (
        make_album(tmp_path / name, "hard", views=1, random_state=seed)
        for name, seed in (("one", 3), ("two", 3), ("other", 4))
    )
    for file in one.rglob("*.*"):
        path = file.relative_to(one)
        assert file.read_bytes() == (two / path).read_bytes()
        assert file.read_bytes() != (other / path).read_bytes()


def test_a_view_does_not_depend_on_the_others(tmp_path, hard):
    own = tmp_path / "own.png"
    Image.fromarray(photo("coffee")).save(own)
    fewer = make_album(tmp_path / "album", "hard", views=1, extra=[own])
    for name in PHOTOS:
        assert (fewer / name / "00.jpg").read_bytes() == (hard / name / "00.jpg").read_bytes()


def test_an_album_that_is_there_is_reused(tmp_path):
    folder = make_album(tmp_path / "album", views=1)
    (folder / "coins/00.jpg").write_bytes(b"mark")
    assert make_album(folder, views=1) == folder
    assert (folder / "coins/00.jpg").read_bytes() == b"mark"


@pytest.mark.parametrize("other", [{"views": 2}, {"difficulty": "hard"}, {"random_state": 1}])
def test_another_album_is_not_overwritten(tmp_path, other):
    folder = make_album(tmp_path / "album", views=1)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    with pytest.raises(FileExistsError, match="name a new folder"):
        make_album(folder, **{"views": 1} | other)
    assert before == {p: p.stat().st_mtime_ns for p in folder.rglob("*")}


def test_a_folder_with_other_files_or_an_incomplete_album_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    album = make_album(tmp_path / "album", views=1)
    (album / "coins/00.jpg").unlink()
    (tmp_path / "file").write_text("not a folder")
    for name in ("mine", "album", "file"):
        with pytest.raises(FileExistsError, match="holds something else"):
            make_album(tmp_path / name, views=1)
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"


def test_an_empty_folder_is_filled(tmp_path):
    assert len(list(make_album(tmp_path, views=1).glob("*/*.jpg"))) == 12


def test_an_interrupted_run_leaves_nothing(tmp_path, monkeypatch):
    calls = []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return make_view(*args)

    monkeypatch.setattr(samples, "make_view", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_album(tmp_path / "album", views=2)
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_are_content_with_one_album(tmp_path, monkeypatch):
    def overtaken(album, *rest):
        write_album(album, *rest)
        shutil.copytree(album, tmp_path / "album")

    write_album = samples._write_album
    monkeypatch.setattr(samples, "_write_album", overtaken)
    make_album(tmp_path / "album", views=1)
    assert [path.name for path in tmp_path.iterdir()] == ["album"]
    assert len(read_truth(tmp_path / "album")) == 12


def test_own_photos_become_groups_with_a_truth(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        blobs = cv2.GaussianBlur(rng.normal(0, 1, (1500, 1200)).astype(np.float32), (0, 0), 8)
        levels = np.clip(128 + 40 * blobs / blobs.std(), 0, 255).astype(np.uint8)
        Image.fromarray(levels).save(tmp_path / name / "My photo.png")
    own = [tmp_path / name / "My photo.png" for name in ("a", "b")]
    folder = make_album(tmp_path / "album", views=2, extra=own)
    truth = read_truth(folder)
    groups = [p.name for p in folder.iterdir() if p.is_dir() and p.name not in PHOTOS]
    assert len(groups) == 2
    for group, source in zip(sorted(groups), own, strict=True):
        predicted = seen_through(
            np.asarray(Image.open(source)).astype(np.float32), truth[f"{group}/01.jpg"]
        )
        assert shift_between(predicted, read_view(folder / group / "01.jpg")) < 0.1
    own[0].write_bytes(own[1].read_bytes())
    with pytest.raises(FileExistsError):
        make_album(folder, views=2, extra=own)


def test_own_photos_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    for name in ("broken.jpg", "missing.jpg"):
        with pytest.raises(ValueError, match=name):
            make_album(tmp_path / "album", views=1, extra=[tmp_path / name])
        assert not (tmp_path / "album").exists()


@pytest.mark.parametrize("wrong", [{"difficulty": "medium"}, {"views": 0}, {"random_state": -1}])
def test_arguments_out_of_range_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="expected easy or hard"):
        make_album(tmp_path / "album", **wrong)


def test_album_folder_lies_in_a_clone_or_in_the_cache(tmp_path, monkeypatch):
    assert album_folder() == Path(samples.__file__).resolve().parents[1] / "data" / "album-easy"
    monkeypatch.setattr(samples, "__file__", str(tmp_path / "site-packages/imagegroup/samples.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert tmp_path / "site-packages" not in album_folder("hard", 2).parents
    assert album_folder("hard", 2).parent.name == "imagegroup"


def test_truth_of_another_folder_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no truth\.csv .* make_album writes one"):
        read_truth(tmp_path)


def test_readme_of_the_data_credits_each_photo():
    data = Path(samples.__file__).resolve().parents[1] / "data"
    text = (data / "README.md").read_text(encoding="utf-8")
    assert [name for name in PHOTOS if f"`{name}`" not in text] == []
    assert (data / ".gitignore").read_text().split() == ["*", "!.gitignore", "!README.md"]


def test_views_lie_within_the_ranges(album):
    """Window side and rotation, read off the homographies of the easy album."""
    sides, angles = [], []
    for path, homography in read_truth(album).items():
        height, width = photo(path.split("/")[0]).shape[:2]
        along = homography @ [1, 0, 0]  # no perspective: one view pixel to the right
        assert abs(homography[2] - [0, 0, 1]).max() < 1e-6
        sides.append(np.hypot(*along[:2]) * 480 / min(width, height * 4 / 3))
        angles.append(np.degrees(np.arctan2(along[1], along[0])))
    assert 0.9 < min(sides) < 0.91
    assert 0.99 < max(sides) < 1
    assert -4 < min(angles) < -3.5
    assert 3.5 < max(angles) < 4


def test_jpeg_quality_is_the_stated_one(album, hard):
    def tables(quality: int) -> dict:
        path = album.parent / f"{quality}.jpg"
        grain = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
        cv2.imwrite(str(path), grain, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return Image.open(path).quantization

    known = {str(tables(quality)): quality for quality in range(40, 91)}
    assert {known[str(Image.open(p).quantization)] for p in album.glob("*/*.jpg")} == {90}
    found = [known[str(Image.open(p).quantization)] for p in hard.glob("*/*.jpg")]
    assert len(set(found)) > 15
