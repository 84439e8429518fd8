"""Knees from scratch against kneed, on curves of every kind."""

from __future__ import annotations

import warnings
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kneed import KneeLocator

from imagegroup.scratch.knee import find_knee

# 0.8.5 mirrors uneven x and goes on deciding after a minimum in a way that 0.9 gave up.
needs_kneed_09 = pytest.mark.skipif(
    tuple(map(int, version("kneed").split(".")[:2])) < (0, 9), reason="other steps before 0.9"
)
WORDS = [(c, d) for c in ("convex", "concave") for d in ("decreasing", "increasing")]


def kneed(x, y, curve, direction, sensitivity=1.0, online=False):
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore")
        return KneeLocator(x, y, S=sensitivity, curve=curve, direction=direction, online=online)


def random_curve(rng):
    """Smooth, noisy, rounded (with plateaus) or shuffled; even or uneven x."""
    n = int(rng.integers(2, 40))
    x = np.arange(1.0, n + 1) if rng.random() < 0.5 else np.cumsum(rng.uniform(0.1, 2, n))
    y = [
        np.exp(-x / rng.uniform(0.5, 20)),
        np.sort(rng.normal(size=n))[:: rng.choice([1, -1])],
        rng.normal(size=n),
        np.cumsum(rng.exponential(size=n)) ** rng.uniform(0.3, 3),
    ][rng.integers(4)] * rng.choice([1, -1, 100])
    y = y + rng.choice([0, 0.05]) * np.ptp(y) * rng.normal(size=n)
    return x, np.round(y, 1) if rng.random() < 0.3 else y


@needs_kneed_09
@pytest.mark.parametrize(("curve", "direction"), WORDS)
def test_thousands_of_curves_give_kneeds_knees(curve, direction):
    rng = np.random.default_rng(sum(map(ord, curve + direction)))
    none = several = 0
    for _ in range(1_000):
        x, y = random_curve(rng)
        sensitivity = float(rng.choice([0, 0.5, 1, 1, 3]))
        ours = find_knee(x, y, curve=curve, direction=direction, sensitivity=sensitivity)
        assert ours.knee == kneed(x, y, curve, direction, sensitivity).elbow
        every = kneed(x, y, curve, direction, sensitivity, online=True)
        assert list(ours.knees) == list(every.all_elbows)
        none += ours.knee is None
        several += len(ours.knees) > 1
    assert none > 40
    assert several > 50


@needs_kneed_09
@pytest.mark.parametrize(("curve", "direction"), WORDS)
def test_every_intermediate_is_kneeds(curve, direction):
    rng = np.random.default_rng(1)
    for _ in range(100):
        x, y = random_curve(rng)
        ours = find_knee(x, y, curve=curve, direction=direction)
        theirs = kneed(x, y, curve, direction)
        pairs = [
            (ours.turned_x, theirs.x_normalized),
            (ours.turned_y, theirs.y_normalized),
            (ours.difference, theirs.y_difference),
            (ours.maxima, theirs.maxima_indices),
            (ours.minima, theirs.minima_indices),
            (ours.thresholds, theirs.Tmx),
        ]
        for mine, expected in pairs:
            assert np.array_equal(mine, expected, equal_nan=True)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30),
    st.sampled_from(WORDS),
)
@settings(max_examples=200, deadline=None)
@needs_kneed_09
def test_any_curve_gives_kneeds_elbow(y, words):
    x = np.arange(len(y)) + 1
    assert find_knee(x, y, curve=words[0], direction=words[1]).knee == kneed(x, y, *words).elbow


def test_the_elbow_of_a_sweep_is_the_one_from_scratch():
    from imagegroup.clusters import choose_k, sweep_k

    rng = np.random.default_rng(2)
    for groups in (2, 4, 7):
        centers = rng.normal(0, 4, (groups, 12))
        sweep = sweep_k(rng.normal(centers[np.arange(60) % groups], 1), range(1, 13))
        assert choose_k(sweep, "elbow") == find_knee(sweep.ks, sweep.distortions).knee


def test_a_curve_that_does_not_bend_has_no_knee():
    for y in ([3, 2, 1, 0], [0, 0, 0, 0]):
        assert find_knee([1, 2, 3, 4], y).knees == ()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1, 2], [1], {}),
        ([1], [1], {}),
        ([2, 1, 3], [1, 2, 3], {}),
        ([1, 2], [1, 2], {"curve": "round"}),
        ([1, 2], [1, 2], {"direction": "down"}),
    ],
)
def test_what_is_no_curve_is_refused(x, y, words):
    with pytest.raises(ValueError, match="expected"):
        find_knee(x, y, **words)
