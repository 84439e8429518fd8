"""K-means from scratch against scikit-learn, OpenCV and all partitions of small sets."""

from __future__ import annotations

import itertools
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin

from imagegroup.scratch import kmeans as scratch
from imagegroup.scratch.kmeans import ASSIGN, MOVE, lloyd

SEEDS = st.integers(0, 10**6)


def problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw points, some in clumps, and start at some of them."""
    rng = np.random.default_rng(seed)
    n, d = rng.integers(5, 60), rng.integers(1, 40)
    clumps = rng.normal(0, rng.choice([0, 2, 10]), (rng.integers(1, 6), d))
    points = clumps[rng.integers(0, len(clumps), n)] + rng.normal(0, 1, (n, d)) + rng.normal() * 9
    return points, scratch.start_random(points, int(rng.integers(1, min(n, 9))), rng)


def theirs(points: np.ndarray, centers: np.ndarray, **options) -> KMeans:
    model = KMeans(len(centers), init=centers, n_init=1, algorithm="lloyd", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(points)


def assert_equal_to_sklearn(points: np.ndarray, centers: np.ndarray, **options) -> None:
    steps = lloyd(points, centers, **options)
    model = theirs(points, centers, **options)
    np.testing.assert_array_equal(steps[-1].labels, model.labels_)
    np.testing.assert_allclose(steps[-1].centers, model.cluster_centers_, atol=1e-9)
    np.testing.assert_allclose(steps[-1].inertia, model.inertia_, rtol=1e-9, atol=1e-9)
    assert len(steps) // 2 == model.n_iter_


def test_lloyd_equals_sklearn():
    for seed in range(300):
        assert_equal_to_sklearn(*problem(seed))


@pytest.mark.parametrize("options", [{"max_iter": 1}, {"max_iter": 3}, {"tol": 0.3}, {"tol": 0}])
def test_lloyd_stops_when_sklearn_stops(options: dict):
    for seed in range(60):
        assert_equal_to_sklearn(*problem(seed), **options)


@pytest.mark.parametrize("n_empty", [1, 2])
def test_empty_groups_are_filled_as_in_sklearn(n_empty: int):
    for seed in range(100):
        points, centers = problem(seed)
        far = points.max() + 1_000 + np.arange(n_empty)[:, None] + np.zeros(points.shape[1])
        centers = np.concatenate([centers, far])[: len(points)]
        assert not set(lloyd(points, centers)[0].labels) >= set(range(len(centers)))
        assert_equal_to_sklearn(points, centers)


def test_many_empty_groups_give_the_partition_of_sklearn():
    """Which of the farthest points goes to which of three empty groups is a matter of names."""
    for seed in range(100):
        rng = np.random.default_rng(seed)
        points = rng.normal(size=(40, 3))
        centers = np.concatenate([points[:1], rng.normal(1_000, 1, (4, 3))])
        last, model = lloyd(points, centers)[-1], theirs(points, centers)
        assert adjusted_rand_score(last.labels, model.labels_) == 1
        assert last.inertia == pytest.approx(model.inertia_)


def test_without_different_points_an_empty_group_stays_where_it_is():
    last = lloyd(np.full((5, 2), 3.0), np.array([[9.0, 9.0], [3.0, 3.0], [8.0, 8.0]]))[-1]
    assert last.labels.tolist() == [1] * 5
    assert last.centers.tolist() == [[9, 9], [3, 3], [8, 8]]
    assert last.inertia == 0


def test_opencv_ends_where_lloyd_ends():
    """cv2.kmeans takes labels, not centres; it works in float32 and ends on small moves."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 300, 1e-6)
    for seed in range(50):
        points, centers = problem(seed)
        points = points.astype(np.float32).astype(float)
        steps = lloyd(points, centers, tol=0)
        compactness, labels, ends = cv2.kmeans(
            points.astype(np.float32),
            len(centers),
            steps[0].labels.astype(np.int32)[:, None].copy(),
            criteria,
            1,
            cv2.KMEANS_USE_INITIAL_LABELS,
        )
        np.testing.assert_array_equal(labels.ravel(), steps[-1].labels)
        np.testing.assert_allclose(ends, steps[-1].centers, rtol=1e-4, atol=1e-4)
        assert compactness == pytest.approx(steps[-1].inertia, rel=1e-4, abs=1e-4)


@given(SEEDS)
def test_assign_finds_the_nearest(seed: int):
    rng = np.random.default_rng(seed)
    points, centers = rng.integers(0, 4, (30, 2)), rng.integers(0, 4, (5, 2))  # many ties
    all_pairs = [[((p - c) ** 2).sum() for c in centers] for p in points]
    assert scratch.assign(points, centers).tolist() == [row.index(min(row)) for row in all_pairs]
    odd = rng.normal(size=(30, 7)), rng.normal(size=(4, 7))
    np.testing.assert_array_equal(scratch.assign(*odd), pairwise_distances_argmin(*odd))


def test_bytes_do_not_wrap_around():
    points = np.array([[0], [255]], np.uint8)
    assert scratch.squared_distances(points, points).tolist() == [[0, 255**2], [255**2, 0]]


@given(SEEDS)
def test_inertia_never_rises(seed: int):
    points, centers = problem(seed)
    steps = lloyd(points, centers, tol=0)
    for before, after in itertools.pairwise(steps):
        if len(set(before.labels)) == len(centers):  # filling an empty group may cost half a step
            assert after.inertia <= before.inertia * (1 + 1e-12)
    halves = [step.inertia for step in steps if step.move == ASSIGN]
    assert all(b <= a * (1 + 1e-12) for a, b in itertools.pairwise(halves))


@given(SEEDS)
def test_the_end_is_a_fixed_point_and_every_step_is_what_it_says(seed: int):
    points, centers = problem(seed)
    steps = lloyd(points, centers, tol=0)
    assert [s.move for s in steps] == ([ASSIGN, MOVE] * len(steps))[: len(steps)]
    for before, step in itertools.pairwise(steps):
        kept = "labels" if step.move == MOVE else "centers"
        np.testing.assert_array_equal(getattr(before, kept), getattr(step, kept))
    last = steps[-1]
    np.testing.assert_array_equal(scratch.assign(points, last.centers), last.labels)
    means = [points[last.labels == group].mean(axis=0) for group in range(len(centers))]
    np.testing.assert_allclose(last.centers, means, atol=1e-9)


@given(SEEDS)
def test_the_order_of_the_points_and_the_place_of_the_origin_do_not_matter(seed: int):
    points, centers = problem(seed)
    rng = np.random.default_rng(seed)
    order, shift = rng.permutation(len(points)), rng.normal(0, 100, points.shape[1])
    last = lloyd(points, centers)[-1]
    permuted = lloyd(points[order], centers)[-1]
    np.testing.assert_array_equal(permuted.labels, last.labels[order])
    shifted = lloyd(points + shift, centers + shift)[-1]
    np.testing.assert_array_equal(shifted.labels, last.labels)
    np.testing.assert_allclose(shifted.centers - shift, last.centers, atol=1e-9)
    assert shifted.inertia == pytest.approx(last.inertia, abs=1e-9)


@given(SEEDS)
def test_labels_are_names(seed: int):
    points, centers = problem(seed)
    names = np.random.default_rng(seed).permutation(len(centers))
    last, renamed = lloyd(points, centers)[-1], lloyd(points, centers[names])[-1]
    np.testing.assert_array_equal(names[renamed.labels], last.labels)
    assert renamed.inertia == pytest.approx(last.inertia)


@pytest.mark.parametrize("start", scratch.STARTS)
@pytest.mark.parametrize("k", [2, 3])
def test_the_best_of_many_starts_is_the_best_of_all_partitions(start: str, k: int):
    for seed in range(2):
        points = np.random.default_rng(seed).normal(size=(8, 2))
        best = min(
            sum(points[np.equal(p, g)].var(axis=0).sum() * p.count(g) for g in set(p))
            for p in itertools.product(range(k), repeat=8)
        )
        found = scratch.kmeans(points, k, start=start, n_init=40, random_state=seed)[-1]
        assert found.inertia == pytest.approx(best)


def test_plus_plus_draws_as_sklearn_does_with_one_candidate():
    """Both draw from NumPy's older generator here, one number a centre."""
    for seed in range(100):
        points = np.random.default_rng(seed).normal(size=(50, 4))
        ours = scratch.start_plus_plus(points, 6, np.random.RandomState(seed))
        drawn, _ = kmeans_plusplus(points, 6, n_local_trials=1, random_state=seed)
        np.testing.assert_array_equal(ours, drawn)


def test_random_starts_are_different_points_all_equally_likely():
    rng = np.random.default_rng(0)
    drawn = [scratch.start_random(np.arange(6)[:, None], 2, rng).ravel() for _ in range(3_000)]
    assert all(a != b for a, b in drawn)
    counts = np.bincount(np.ravel(drawn).astype(int))
    assert ((counts - 1_000) ** 2 / 1_000).sum() < 15  # chi-squared, 5 degrees: p about 0.01


def test_the_same_random_state_gives_the_same_run():
    points, _ = problem(3)
    first, again = (scratch.kmeans(points, 4, random_state=7) for _ in range(2))
    assert [s.inertia for s in first] == [s.inertia for s in again]
    single = {scratch.kmeans(points, 4, n_init=1, random_state=r)[-1].inertia for r in range(20)}
    assert len(single) > 1


def test_a_step_keeps_its_own_centers():
    points, centers = problem(3)
    steps = lloyd(points, centers)
    centers[:] = 0
    assert steps[0].centers.any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: scratch.kmeans(p, 0), "k=0: expected 1 to 3"),
        (lambda p: scratch.kmeans(p, 4), "k=4: expected 1 to 3"),
        (lambda p: scratch.kmeans(p, 2, start="best"), "'best': expected one of random, k-means"),
        (lambda p: scratch.kmeans(p, 2, n_init=0), "n_init=0: expected at least 1"),
        (lambda p: lloyd(p * np.nan, p), "points: got shape .* finite"),
        (lambda p: lloyd(p, p[:0]), "centers: got shape"),
        (lambda p: lloyd(p[0], p), "points: got shape"),
        (lambda p: lloyd(p, p[:, :1]), "centers: got 1 numbers each, expected 2"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, words: str):
    points = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])  # three different ones
    with pytest.raises(ValueError, match=words) as caught:
        call(points)
    assert "\n" not in str(caught.value)
