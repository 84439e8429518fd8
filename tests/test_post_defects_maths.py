"""The post's script measures wrongly; each of its M defects is a property that we have.

Where a recipe reproduces the script on purpose (CLASSIC), the test shows both sides.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import sklearn.cluster
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score

from imagegroup import CLASSIC, DEFAULT, Grouping, Recipe, extract_features, group_images
from imagegroup.clusters import choose_k
from imagegroup.vectors import unpack_bits

MENDED = DEFAULT.with_values(n_init=1, n_words=8, ks=range(1, 9))


def scene(seed: int, side: int = 240) -> np.ndarray:
    """Clouds of five sizes: they look like nothing, but are smooth as photos are."""
    rng, sum_of_clouds = np.random.default_rng(seed), np.zeros((side, side))
    for cells in (4, 8, 16, 32, 64):
        noise = rng.normal(size=(cells, cells))
        sum_of_clouds += cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 35 * sum_of_clouds, 0, 255).astype(np.uint8)


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)


def write(folder: Path, images: dict[str, np.ndarray]) -> Path:
    for name, image in images.items():
        cv2.imwrite(str(folder / f"{name}.png"), image)
    return folder


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Path:
    """Three scenes of four views, each shifted by another pixel."""
    shifted = {f"{i}_{j}": np.roll(scene(i), j, axis=1) for i in range(3) for j in range(4)}
    return write(tmp_path_factory.mktemp("scenes"), shifted)


@pytest.fixture(scope="module")
def grouped(scenes) -> dict[str, Grouping]:
    classic = CLASSIC.with_values(k=3)
    return {"classic": group_images(scenes, classic), "default": group_images(scenes, MENDED)}


CHANGES = {
    "q90": lambda image: as_jpeg(image, 90),
    "shifted": lambda image: np.roll(image, 1, axis=1),
    "brighter": lambda image: cv2.add(image, 5),
}


def test_m1_a_picture_is_nearer_to_itself_than_to_a_stranger(tmp_path):
    """It concatenates descriptors in an order that the slightest change upsets."""
    images = {name: change(scene(0)) for name, change in CHANGES.items()}
    write(tmp_path, {"itself": scene(0), **images, **{f"z{i}": scene(i) for i in range(1, 6)}})

    def ratios(recipe: Recipe) -> list[float]:
        grouping = group_images(tmp_path, recipe)
        assert grouping.labels.min() == 0
        vectors = dict(zip(grouping.paths, grouping.vectors.astype(float), strict=True))
        away = {n: np.linalg.norm(v - vectors["itself.png"]) for n, v in vectors.items()}
        stranger = min(away[f"z{i}.png"] for i in range(1, 6))
        return [away[f"{name}.png"] / stranger for name in CHANGES]

    assert max(ratios(MENDED.with_values(k=2))) < 0.75
    assert min(ratios(CLASSIC.with_values(k=2))) > 0.95


@pytest.mark.parametrize("recipe", ["classic", "default"])
def test_m2_the_distortion_is_the_mean_distance_not_squared(grouped, recipe):
    """Its text says squared, its code does not square."""
    grouping = grouped[recipe]
    row = grouping.sweep.ks.tolist().index(grouping.k)
    centers = grouping.centers[grouping.labels].astype(float)
    distances = np.sqrt(((grouping.vectors - centers) ** 2).sum(axis=1))
    assert grouping.sweep.distortions[row] == pytest.approx(distances.mean(), rel=1e-5)
    assert grouping.sweep.inertias[row] == pytest.approx((distances**2).sum(), rel=1e-5)
    assert not np.isclose((distances**2).mean(), distances.mean(), rtol=0.1)


@pytest.mark.parametrize("recipe", [CLASSIC, DEFAULT], ids=["classic", "default"])
def test_m3_twenty_is_tried(tmp_path, recipe):
    """It says 1 to 20 and stops at 19."""
    noise = np.random.default_rng(0).integers(0, 256, (21, 200, 200), np.uint8)
    write(tmp_path, {f"{i:02d}": image for i, image in enumerate(noise)})
    quick = recipe.with_values(n_init=1, n_words=4, fallback="silhouette")
    assert set(range(1, 21)) <= set(group_images(tmp_path, quick).sweep.ks.tolist())


def test_m4_bits_are_compared_as_bits():
    """It compares the bytes of descriptors as numbers."""
    pairs = np.random.default_rng(0).integers(0, 256, (2_000, 2, 32), np.uint8)
    hamming = np.bitwise_count(pairs[:, 0] ^ pairs[:, 1]).sum(axis=1)
    bits = [unpack_bits(pairs[:, side]).astype(int) for side in (0, 1)]
    assert np.array_equal(((bits[0] - bits[1]) ** 2).sum(axis=1), hamming)
    by_bytes = np.linalg.norm(pairs[:, 0].astype(float) - pairs[:, 1], axis=1)
    assert spearmanr(hamming, by_bytes).statistic < 0.7
    words = np.packbits(np.eye(8, dtype=np.uint8), axis=1).astype(int)
    assert sorted(words.ravel()) == [1, 2, 4, 8, 16, 32, 64, 128]  # what one bit costs as a byte


@pytest.mark.parametrize("families", [2, 3, 5])
def test_m5_the_elbow_finds_families_that_are_not_exact_copies(tmp_path, families):
    """Its elbow finds families of exact copies only; it cannot tell shifted ones, given k even."""
    write(
        tmp_path,
        {f"{i}_{j}": np.roll(scene(i), j, axis=1) for i in range(families) for j in range(4)},
    )
    found = group_images(tmp_path, MENDED.with_values(n_init=10))
    true = [path[0] for path in found.paths]
    assert (found.k, adjusted_rand_score(true, found.labels)) == (families, 1)
    assert choose_k(found.sweep, "elbow") == families
    classic = group_images(tmp_path, CLASSIC.with_values(k=families))
    assert classic.labels.min() == 0
    assert adjusted_rand_score(true, classic.labels) < 0.5


def test_m6_a_descriptor_has_256_bits():
    """It says 32 bits; they are 32 bytes."""
    features = extract_features(scene(0), CLASSIC.orb)
    assert (features.descriptors.shape, features.descriptors.dtype) == ((800, 32), np.uint8)
    assert unpack_bits(features.descriptors).shape == (800, 256)


def test_m7_vectors_stay_bytes_and_carry_no_constant_column(grouped):
    """It appends a 0, which makes 25,601 numbers of 8 bytes of them."""
    vectors = grouped["classic"].vectors
    assert (vectors.dtype, vectors.shape) == (np.uint8, (12, 800 * 32))
    assert vectors[0].nbytes == 25_600
    assert len(np.unique(vectors[:, -1])) > 1


def test_m8_nothing_depends_on_chance(scenes, grouped):
    """It fills an array from an unseeded generator, for nothing."""
    states = random.getstate(), np.random.get_state()[1].tolist()
    assert np.array_equal(group_images(scenes, MENDED).vectors, grouped["default"].vectors)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states
    kept = np.random.get_state()
    try:
        np.random.seed(7)
        again = group_images(scenes, MENDED)
    finally:
        np.random.set_state(kept)
    assert np.array_equal(again.labels, grouped["default"].labels)
    assert np.array_equal(again.centers, grouped["default"].centers)


def test_m9_no_keypoints_on_the_noise_of_jpeg_and_at_borders():
    """With both thresholds 0 a smooth sky has hundreds of keypoints."""
    sky = as_jpeg(np.tile(np.linspace(60, 200, 320).astype(np.uint8), (320, 1)), 60)
    sky = cv2.add(sky, np.random.default_rng(0).integers(0, 3, sky.shape, np.uint8))
    assert len(extract_features(sky, CLASSIC.orb)) > 400
    assert len(extract_features(sky, DEFAULT.orb)) == 0
    height, width = scene(0).shape

    def margins(recipe: Recipe) -> np.ndarray:
        x, y = extract_features(scene(0), recipe.orb).keypoints.T
        return np.min([x, y, width - 1 - x, height - 1 - y], axis=0)

    assert margins(CLASSIC).min() < 5
    assert margins(DEFAULT).min() >= DEFAULT.orb.edge_threshold - 1


def test_m10_no_fixed_place_and_no_effort_that_grows_with_the_folder(scenes, tmp_path, monkeypatch):
    """Its other file has one user's home in it, and starts K-means once for each picture."""
    efforts = []

    class Watched(sklearn.cluster.KMeans):
        def fit(self, *arguments, **keywords):
            efforts.append((len(arguments[0]), self.n_init, self.max_iter))
            return super().fit(*arguments, **keywords)

    monkeypatch.setattr(sklearn.cluster, "KMeans", Watched)
    monkeypatch.setenv("HOME", str(tmp_path))
    half = tmp_path / "half"
    half.mkdir()
    for path in sorted(scenes.iterdir())[:6]:
        shutil.copy(path, half)
    for folder in (half, scenes):
        for recipe in (CLASSIC.with_values(k=3), MENDED.with_values(k=3, encoding="thumbnail")):
            group_images(folder, recipe)
    assert {n for n, *_ in efforts} == {6, 12}
    assert {effort[1:] for effort in efforts} == {(1, 300)}
    assert os.listdir(tmp_path) == ["half"]
