"""Scores of view pairs, against made-up keypoints whose every match is known beforehand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup import samples
from imagegroup.methods import Method, describe_upright, methods
from imagegroup.orb import Features, OrbParams
from imagegroup.robustness import (
    DISTURBANCES,
    curve_rows,
    make_pair,
    match_pairs,
    mean_with_interval,
    precision_recall,
    score_pair,
)
from imagegroup.scratch import fast

SHAPE = (300, 400)


def made_up(points, angles, descriptors):
    n = len(points)
    return Features(
        keypoints=np.asarray(points, np.float32),
        sizes=np.full(n, 31, np.float32),
        angles=np.asarray(angles, np.float32) % 360,
        responses=np.ones(n, np.float32),
        octaves=np.zeros(n, np.int32),
        descriptors=descriptors,
    )


def known_pair(wrong, turn=30.0):
    """Give a method, two images and a homography: 40 keypoints, of which `wrong` match wrongly."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(120, 280, 20), np.arange(100, 200, 20)), -1)
    points = grid.reshape(-1, 2).astype(float)
    angles = rng.uniform(0, 360, 40)
    descriptors = rng.integers(0, 256, (40, 32), np.uint8)
    a = made_up(points, angles, descriptors)
    rotation = cv2.getRotationMatrix2D((200, 150), -turn, 1)  # clockwise on the screen
    homography = np.vstack([rotation, [0, 0, 1]])
    moved = cv2.perspectiveTransform(points[None], homography)[0]
    swapped = np.arange(40)
    swapped[:wrong] = np.roll(swapped[:wrong], 1)
    b = made_up(moved, angles + turn, descriptors[swapped])
    views = {0: a, 1: b}
    method = Method(lambda image: views[int(image[0, 0])])
    return method, np.zeros(SHAPE, np.uint8), np.ones(SHAPE, np.uint8), homography


@pytest.mark.parametrize("wrong", [0, 10, 40])
def test_scores_of_matches_that_are_known(wrong):
    scores = score_pair(*known_pair(wrong))
    assert scores.repeatability == 1
    assert (scores.matches, scores.right) == (40, 40 - wrong)
    assert scores.precision == scores.matching_score == scores.recall == (40 - wrong) / 40
    if wrong < 40:
        assert scores.location_error < 1e-4
        assert scores.angle_error < 1e-3
    else:
        assert np.isnan(scores.location_error)


def test_an_angle_that_does_not_turn_with_the_picture_is_an_error_of_the_turn():
    method, first, second, homography = known_pair(0, turn=30)
    a, b = method.describe(first), method.describe(second)
    still = made_up(b.keypoints, a.angles, b.descriptors)
    lazy = Method(lambda image: a if image[0, 0] == 0 else still)
    assert score_pair(lazy, first, second, homography).angle_error == pytest.approx(30, abs=1e-3)


def test_precision_and_recall_from_the_surest_match_on():
    recall, precision = precision_recall(*known_pair(10))
    assert recall[-1] == precision[-1] == 30 / 40
    assert (np.diff(recall) >= 0).all()
    assert len(recall) == 40


def test_no_keypoint_is_matched_twice(photo):
    features = methods()["ORB"].describe(photo)
    flipped = methods()["ORB"].describe(np.ascontiguousarray(photo[:, ::-1]))
    pairs, ratios = match_pairs(features, flipped)
    assert len(np.unique(pairs[:, 1])) == len(pairs) > 50
    assert (np.diff(ratios) >= 0).all()
    plain = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(features.descriptors, flipped.descriptors, 2)
    nearest = {m.queryIdx: (m.trainIdx, m.distance / n.distance) for m, n in plain}
    for (row, column), ratio in zip(pairs, ratios, strict=True):
        rivals = [r for c, r in nearest.values() if c == column]
        assert nearest[row] == (column, ratio)
        assert ratio == min(rivals)


@pytest.mark.parametrize("blank", [0, 255])
def test_blank_views_score_nothing_and_break_nothing(blank):
    image = np.full(SHAPE, blank, np.uint8)
    for method in methods().values():
        scores = score_pair(method, image, image, np.eye(3))
        assert (scores.repeatability, scores.precision, scores.matches) == (0, 0, 0)
        assert np.isnan(scores.angle_error)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_the_first_amount_of_every_disturbance_is_none(name):
    first, second, homography = make_pair(
        samples.photo("coffee"), name, DISTURBANCES[name].amounts[0]
    )
    assert np.allclose(homography, np.eye(3), atol=1e-6)
    assert np.abs(first.astype(int) - second).mean() < 3  # JPEG at quality 90 is not quite nothing


@pytest.mark.parametrize(
    ("name", "amount"), [("rotation", 30), ("scale", 0.5), ("perspective", 0.1)]
)
def test_the_homography_leads_from_one_view_to_the_other(name, amount):
    first, second, homography = make_pair(samples.photo("coffee"), name, amount)
    size = second.shape[::-1]
    warped = cv2.warpPerspective(first, homography, size)
    seen = cv2.warpPerspective(np.full_like(first, 255), homography, size) == 255
    seen = cv2.erode(seen.astype(np.uint8), np.ones((9, 9))) == 1
    gap = np.abs(cv2.blur(warped, (5, 5)).astype(int) - cv2.blur(second, (5, 5)))[seen]
    strangers = np.abs(cv2.blur(first, (5, 5)).astype(int) - cv2.blur(second, (5, 5)))[seen]
    assert seen.mean() > 0.2
    assert gap.mean() < 0.3 * strangers.mean()


def test_plain_brief_is_upright_and_takes_the_strongest_corners(photo):
    params = OrbParams(n_features=100)
    features = describe_upright(photo, params)
    points, scores = fast.detect_fast(photo, params.fast_threshold)
    best = {
        tuple(p)
        for p, s in zip(points, scores, strict=True)
        if s > features.responses.min() and 31 <= p[0] < 480 - 31 and 31 <= p[1] < 360 - 31
    }
    assert len(features) == 100
    assert best <= {tuple(p) for p in features.keypoints.astype(int)}
    assert not features.angles.any()


def test_only_orb_and_sift_survive_a_turn():
    rows = curve_rows(methods(), {"coffee": samples.photo("coffee")}, "rotation")
    turned = {r["method"]: r for r in rows if r["amount"] == 90}
    assert turned["ORB"]["matching_score"] > 0.4
    assert turned["SIFT"]["matching_score"] > 0.4
    assert turned["FAST + BRIEF"]["matching_score"] < 0.05
    assert len(rows) == 3 * len(DISTURBANCES["rotation"].amounts)
    assert all(0 <= r[n] <= 1 for r in rows for n in ("repeatability", "precision", "recall"))
    assert all(0 <= r["matching_score"] <= 1 for r in rows)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20))
def test_the_interval_is_scipys(values):
    from scipy import stats

    mean, low, high = mean_with_interval([*values, np.nan])
    assert mean == pytest.approx(np.mean(values), abs=1e-9)
    spread = stats.sem(values)
    if spread > 1e-9:
        expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), spread)
        assert (low, high) == pytest.approx(expected)
