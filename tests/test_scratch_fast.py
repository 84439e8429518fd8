"""FAST and Harris from scratch against OpenCV and against their definitions, word for word."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegroup.scratch import fast, harris

RINGS = st.lists(st.integers(-255, 255), min_size=16, max_size=16)


def random_image(rng: np.random.Generator) -> np.ndarray:
    """Draw noise of few or many grey levels, smoothed or not, or a checkerboard with noise."""
    height, width = rng.integers(1, 90, 2)
    levels = rng.choice([2, 3, 8, 256])
    image = (rng.integers(0, levels, (height, width)) * (255 // (levels - 1))).astype(np.uint8)
    kind = rng.integers(3)
    if kind == 0:
        image = cv2.blur(image, (3, 3))
    if kind == 1:
        rows, columns = np.indices(image.shape) // rng.integers(2, 12)
        image = ((rows + columns) % 2 * 200 + image // 8).astype(np.uint8)
    return image


def opencv_corners(image: np.ndarray, threshold: int, suppress: bool) -> list[tuple]:
    detector = cv2.FastFeatureDetector_create(threshold, suppress)
    return [(*map(int, k.pt), int(k.response)) for k in detector.detect(image, None)]


def plain_is_corner(differences: list[int], threshold: int) -> bool:
    """Say whether 9 in a row are all lighter, or all darker: the definition, word for word."""
    twice = differences + differences
    arcs = [twice[start : start + 9] for start in range(16)]
    return any(min(arc) > threshold or max(arc) < -threshold for arc in arcs)


def test_equals_opencv_at_every_threshold(photo: np.ndarray):
    rng = np.random.default_rng(0)
    found = 0
    for threshold in range(256):
        for image in (random_image(rng), random_image(rng), photo[: 80 + threshold % 2, :100]):
            points, scores = fast.detect_fast(image, threshold)
            ours = [(x, y, s) for (x, y), s in zip(points.tolist(), scores.tolist(), strict=True)]
            assert ours == opencv_corners(image, threshold, True), (threshold, image.shape)
            everything = fast.corner_score(fast.ring_differences(image)) >= threshold
            rows, columns = np.nonzero(everything)
            theirs = [corner[:2] for corner in opencv_corners(image, threshold, False)]
            assert list(zip(columns.tolist(), rows.tolist(), strict=True)) == theirs
            found += len(ours)
    assert found > 10_000


def test_threshold_0_finds_what_threshold_1_finds(photo: np.ndarray):
    scores = fast.corner_score(fast.ring_differences(photo))
    assert (scores == 0).sum() > 100
    kept = [fast.suppress_non_maxima(scores, threshold) for threshold in (0, 1)]
    np.testing.assert_array_equal(*kept)


@given(RINGS, st.integers(0, 255))
def test_score_says_at_which_thresholds_a_pixel_is_a_corner(ring: list[int], threshold: int):
    corner = plain_is_corner(ring, threshold)
    assert (fast.corner_score(np.array(ring)) >= threshold) == corner
    assert (fast.longest_arc(fast.classify(np.array(ring), threshold)).length >= 9) == corner


@given(st.lists(st.integers(-1, 1), min_size=16, max_size=16))
def test_longest_arc_is_of_one_class_and_none_is_longer(classes: list[int]):
    arc = fast.longest_arc(classes)
    assert {classes[position] for position in arc.positions} <= {arc.kind}
    text = "".join("-0+"[kind + 1] for kind in classes) * 2
    runs = [length for length in range(17) for kind in "-+" if kind * length in text]
    assert arc.length == max(runs)
    assert len(arc.positions) == arc.length


def test_three_ways_to_count_nine_of_sixteen_differ(photo: np.ndarray):
    classes = fast.classify(fast.ring_differences(photo), threshold=20)
    in_a_row = fast.corner_score(fast.ring_differences(photo)) >= 20
    one_side = ((classes == 1).sum(axis=0) >= 9) | ((classes == -1).sum(axis=0) >= 9)
    either = (classes != 0).sum(axis=0) >= 9
    assert 0 < in_a_row.sum() < one_side.sum() < either.sum()
    assert not (in_a_row & ~one_side).any()


def test_examine_pixel_agrees_with_the_maps(photo: np.ndarray):
    threshold = 15
    differences = fast.ring_differences(photo)
    scores = fast.corner_score(differences)
    rng = np.random.default_rng(0)
    corners = np.argwhere(scores >= threshold)
    for y, x in [*rng.choice(corners, 30).tolist(), (3, 3), (356, 476), (200, 240)]:
        seen = fast.examine_pixel(photo, x, y, threshold)
        np.testing.assert_array_equal(seen.differences, differences[:, y, x])
        np.testing.assert_array_equal(seen.ring.astype(int) - seen.centre, seen.differences)
        assert seen.score == scores[y, x]
        assert seen.is_corner == (seen.arc.length >= 9) == (seen.score >= threshold)
    assert scores[:3].max() < 0
    assert scores[:, -3:].max() < 0


@pytest.mark.parametrize(("x", "y"), [(2, 50), (50, 2), (477, 50), (50, 357), (-5, 50)])
def test_examine_pixel_refuses_the_border(photo: np.ndarray, x: int, y: int):
    with pytest.raises(ValueError, match="at least 3 px from the border"):
        fast.examine_pixel(photo, x, y, 20)


def test_harris_equals_opencv_up_to_its_scale_and_rounding(photo: np.ndarray):
    theirs = cv2.cornerHarris(photo, blockSize=7, ksize=3, k=0.04)[10:-10, 10:-10]
    ours = harris.harris_response(photo)[10:-10, 10:-10]
    np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=1e-6)


def test_gradients_equal_sobel(photo: np.ndarray):
    for ours, (dx, dy) in zip(harris.gradients(photo), ((1, 0), (0, 1)), strict=True):
        np.testing.assert_array_equal(ours[3:-3, 3:-3], cv2.Sobel(photo, cv2.CV_16S, dx, dy))
