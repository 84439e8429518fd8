"""Keypoint measures against hand-made geometry, OpenCV and the truth of the album."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup.orb import OrbParams, extract_features
from imagegroup.repeatability import map_points, repeatability
from imagegroup.samples import read_truth


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_points_map_as_opencv_maps_them(seed):
    rng = np.random.default_rng(seed)
    homography = np.eye(3) + rng.uniform(-0.3, 0.3, (3, 3)) * [
        [1, 1, 50],
        [1, 1, 50],
        [1e-3, 1e-3, 0],
    ]
    points = rng.uniform(0, 400, (20, 2))
    expected = cv2.perspectiveTransform(points[None], homography)[0]
    np.testing.assert_allclose(map_points(homography, points), expected, rtol=1e-9)


def test_a_point_beyond_the_horizon_is_nan():
    tilted = np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1]])
    assert np.isnan(map_points(tilted, np.array([[50, 0], [100, 0], [150, 0]]))).tolist() == [
        [False, False],
        [True, True],
        [True, True],
    ]
    assert map_points(tilted, np.zeros((0, 2))).shape == (0, 2)


IMAGE_A, IMAGE_B = np.zeros((100, 100), np.uint8), np.ones((100, 100), np.uint8)


def repeated(a, b, homography=None, tolerance=1.5) -> float:
    """Repeatability of keypoints that are given, not detected."""
    points = {0: np.array(a, np.float32).reshape(-1, 2), 1: np.array(b, np.float32).reshape(-1, 2)}
    return repeatability(
        lambda image: SimpleNamespace(keypoints=points[image[0, 0]]),
        IMAGE_A,
        IMAGE_B,
        np.eye(3) if homography is None else homography,
        tolerance,
    )


def test_repeatability_of_keypoints_at_known_places():
    right_10 = np.array([[1, 0, 10], [0, 1, 0], [0, 0, 1]])
    a = [(20, 20), (50, 50), (80, 80), (95, 30)]  # the last lies beyond the right side of b
    b = [(30, 20), (60, 51), (10, 90), (5, 30)]  # the last lies beyond the left side of a
    assert repeated(a, b, right_10) == pytest.approx(2 / 3)
    assert repeated(a, b, right_10, tolerance=0.5) == pytest.approx(1 / 3)
    assert repeated(a[2:], b, right_10) == 0
    assert repeated(a[:2] + a[3:], b, right_10) == 1
    assert repeated(a, b[:2] + b[3:], right_10) == 1


def test_a_keypoint_at_the_very_same_place_is_found():
    assert repeated([(50, 50), (20, 20)], [(50, 50), (80, 80)]) == 0.5


def test_one_keypoint_is_found_once():
    assert repeated([(50, 50), (50.5, 50), (51, 50)], [(50, 50), (90, 90)]) == 0.5


def test_repeatability_finds_the_pairing_with_most_pairs():
    """Nearest neighbours would pair 1 with 1.4 and leave 0 alone: both have a partner."""
    assert repeated([(1, 0), (0, 0)], [(1.4, 0), (2.4, 0)], tolerance=1.5) == 1


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_repeatability_equals_trying_all_pairings(seed):
    rng = np.random.default_rng(seed)
    a, b = (
        rng.uniform(10, 16, (rng.integers(1, 6), 2)),
        rng.uniform(10, 16, (rng.integers(1, 6), 2)),
    )
    few, many = sorted((a.astype(np.float32), b.astype(np.float32)), key=len)
    near = np.linalg.norm(few[:, None] - many, axis=2) <= 1.5
    best = max(
        sum(near[i, j] for i, j in enumerate(chosen))
        for chosen in itertools.permutations(range(len(many)), len(few))
    )
    assert repeated(a, b) == pytest.approx(best / len(few))
    assert repeated(a, b) == repeated(b, a)


def test_no_keypoints_in_the_common_area_give_zero():
    assert repeated([], []) == 0
    assert repeated([(5, 5)], []) == 0
    assert repeated([(5, 5)], [(5, 5)], np.array([[1, 0, 200], [0, 1, 0], [0, 0, 1]])) == 0


def test_orb_finds_its_keypoints_again_in_a_turned_photo(photo):
    """Turned by 90 degrees no pixel changes: (x, y) goes to (y, 479 - x)."""
    quarter = np.array([[0, 1, 0], [-1, 0, 479], [0, 0, 1]])
    turned = np.ascontiguousarray(np.rot90(photo))
    assert repeatability(extract_features, photo, turned, quarter) > 0.8
    assert repeatability(extract_features, photo, turned, np.linalg.inv(quarter)) < 0.5


def test_orb_finds_its_keypoints_again_by_the_truth_of_the_album(album):
    truth = read_truth(album)

    def orb(image: np.ndarray):
        return extract_features(image, OrbParams(n_features=300))

    for name in ("astronaut", "coins", "china"):
        a, b = f"{name}/00.jpg", f"{name}/01.jpg"
        images = [cv2.imread(str(album / path), cv2.IMREAD_GRAYSCALE) for path in (a, b)]
        a_to_b = np.linalg.inv(truth[b]) @ truth[a]
        right, wrong = (repeatability(orb, *images, h) for h in (a_to_b, np.linalg.inv(a_to_b)))
        assert right > 0.4
        assert right > 2 * wrong
