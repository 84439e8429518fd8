"""The stages of ORB from scratch, one by one: the pattern, the disc, the angle, resize and blur."""

from __future__ import annotations

import platform
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from numpy_twins import resize_linear_exact, sep_filter

from imagegroup.scratch import brief, orientation, pyramid

X86 = platform.machine().lower() in ("x86_64", "amd64")
# Elsewhere compilers may fuse a product and a sum, which moves a rounding now and then.
WRONG_ALLOWED = 0 if X86 else 1e-4

# The pattern


def test_stored_pattern_is_what_opencv_answers_and_what_scikit_image_ships():
    theirs = np.loadtxt(
        Path(skimage.__file__).parent / "feature" / "orb_descriptor_positions.txt"
    ).astype(int)
    np.testing.assert_array_equal(brief.learned_pattern().reshape(256, 4), theirs)
    np.testing.assert_array_equal(brief.recover_pattern(), brief.learned_pattern())


@pytest.mark.parametrize("n_bits", [128, 256, 512])
def test_gaussian_pattern_has_the_spread_of_the_post(n_bits: int):
    draws = [brief.gaussian_pattern(n_bits, sigma=3.0, random_state=seed) for seed in range(40)]
    pairs = np.concatenate(draws)
    assert pairs.shape == (40 * n_bits, 2, 2)
    assert (pairs[:, 0] != pairs[:, 1]).any(axis=1).all()
    assert np.abs(pairs).max() <= 15
    assert pairs[:, 0].std() == pytest.approx(3.0, rel=0.05)
    # Rounding adds 1/6 px² to the variance of a difference; pairs that meet are drawn again.
    assert (pairs[:, 1] - pairs[:, 0]).std() == pytest.approx(1.5, rel=0.1)
    np.testing.assert_array_equal(draws[0], brief.gaussian_pattern(n_bits, 3.0, 0))


@pytest.mark.parametrize("n_bits", [128, 512])
def test_any_pattern_can_describe(photo: np.ndarray, n_bits: int):
    pattern = brief.gaussian_pattern(n_bits)
    points, angles = np.array([[3, 5], [200, 100]]), np.array([0.0, 0.0])
    told = brief.describe(photo, points, angles, pattern)
    padded = np.pad(photo, 15, mode="reflect").astype(int)
    padded[15:-15, 15:-15] = pyramid.smooth(photo)
    for row, (x, y) in zip(told, points + 15, strict=True):
        for i, ((x0, y0), (x1, y1)) in enumerate(pattern.tolist()):
            expected = padded[y + y0, x + x0] < padded[y + y1, x + x1]
            assert (row[i // 8] >> i % 8) & 1 == expected


def test_turning_the_picture_by_90_degrees_leaves_the_bits(photo: np.ndarray):
    points = np.array([[150, 120], [220, 200], [310, 90]])
    x, y = points.T
    turned, moved = np.rot90(photo, -1), np.column_stack([photo.shape[0] - 1 - y, x])
    pattern, directions = brief.learned_pattern(), []
    for picture, places in ((photo, points), (turned, moved)):
        sums = orientation.moments(picture, places, 31)
        directions.append(orientation.angle(sums[:, 1], sums[:, 2]))
    steered = [
        brief.describe(np.ascontiguousarray(picture), places, angles, pattern)
        for picture, places, angles in zip(
            (photo, turned), (points, moved), directions, strict=True
        )
    ]
    np.testing.assert_allclose((directions[1] - directions[0]) % 360, 90, atol=0.02)
    assert np.bitwise_count(steered[0] ^ steered[1]).sum(axis=1).max() <= 8


def test_steering_rounds_as_opencv_where_a_point_lands_between_two_pixels():
    """Every angle that brings a learned point to half a pixel: the last bit of the cosine tells."""
    pattern = brief.learned_pattern()
    x, y = pattern.reshape(-1, 2).T
    halves = np.arange(-13.5, 14)[:, None]
    radius = np.hypot(x, y)
    reached = np.where(np.abs(halves) < radius, np.arccos((halves / radius).clip(-1, 1)), np.nan)
    both = np.concatenate([reached - np.arctan2(y, x), -reached - np.arctan2(y, x)])
    angles = (np.degrees(both[np.isfinite(both)]) % 360).astype(np.float32)
    image = np.random.default_rng(0).integers(0, 256, (101, 101), dtype=np.uint8)
    detector, wrong = cv2.ORB_create(nlevels=1, edgeThreshold=0), 0
    for chunk in np.array_split(angles, 10):
        middles = [cv2.KeyPoint(50, 50, 31, float(angle), 0, 0) for angle in chunk]
        theirs = detector.compute(image, middles)[1]
        ours = brief.describe(image, np.full((len(chunk), 2), 50), chunk, pattern)
        wrong += int(np.bitwise_count(ours ^ theirs).sum())
    assert len(angles) > 20_000
    assert wrong <= WRONG_ALLOWED * 256 * len(angles)


# The stages


def test_disc_is_the_one_of_749_pixels_and_symmetric():
    for patch_size in (2, 3, 5, 8, 15, 31, 32, 63, 255):
        mask = orientation.circle_mask(patch_size)
        np.testing.assert_array_equal(mask, mask.T)
        np.testing.assert_array_equal(mask, mask[::-1, ::-1])
    assert orientation.circle_mask(31).sum() == 749


def test_moments_are_sums_over_the_disc(photo: np.ndarray):
    mask = orientation.circle_mask(31)
    v, u = np.mgrid[-15:16, -15:16]
    patch = photo[100 - 15 : 100 + 16, 200 - 15 : 200 + 16].astype(int) * mask
    expected = [patch.sum(), (u * patch).sum(), (v * patch).sum()]
    assert orientation.moments(photo, np.array([[200, 100]]), 31).tolist() == [expected]


def test_angle_equals_opencv():
    rng = np.random.default_rng(0)
    y, x = rng.integers(-(10**6), 10**6, (2, 2_000)) // rng.integers(1, 10**6, (2, 2_000))
    expected = [cv2.fastAtan2(float(b), float(a)) for a, b in zip(x, y, strict=True)]
    np.testing.assert_array_equal(orientation.angle(x, y), np.float32(expected))


def test_resize_twin_equals_opencv():
    rng = np.random.default_rng(0)
    for _ in range(400):
        (height, width), (new_height, new_width) = rng.integers(1, 130, (2, 2)).tolist()
        image = rng.integers(0, 256, (height, width), dtype=np.uint8)
        size = (new_width, new_height)
        expected = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR_EXACT)
        np.testing.assert_array_equal(resize_linear_exact(image, *size), expected)


def test_blur_twin_equals_opencv():
    rng = np.random.default_rng(0)
    kernel = np.exp(-(np.arange(-3, 4) ** 2) / 8)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    off = dict.fromkeys(("none", "all", "blocks"), 0)
    for _ in range(60):
        image = rng.integers(0, 256, rng.integers(8, 300, 2), dtype=np.uint8)
        theirs = pyramid.smooth(image).astype(int)
        for fused in off:
            difference = np.abs(sep_filter(image, kernel, fused) - theirs)
            assert difference.max() <= 1
            off[fused] += int(difference.sum())
    assert min(off.values()) == 0 or not X86, off
    assert max(off.values()) < 100
