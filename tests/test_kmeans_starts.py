"""Where K-means starts: the rows of scikit-learn's k-means++, from distances looked up."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import euclidean_distances

from imagegroup.kmeans import fit_kmeans, spread_starts


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 120),
    d=st.integers(1, 40),
    k=st.integers(1, 30),
    n_starts=st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_the_starts_are_those_of_sklearn(seed, n, d, k, n_starts):
    """Whole numbers, whose distances are exact: rounding may not decide between equal draws."""
    k, points = min(n, k), np.random.default_rng(seed).integers(0, 9, (n, d)).astype(float)
    random_state = np.random.RandomState(seed)
    theirs = [kmeans_plusplus(points, k, random_state=random_state)[1] for _ in range(n_starts)]
    ours = spread_starts(euclidean_distances(points, squared=True), k, n_starts, seed)
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("n_init", ["auto", 4])
def test_the_fit_is_that_of_sklearn(n_init):
    points = blobs(90, 12, 7, seed=1)
    plain = KMeans(6, n_init=n_init, random_state=5).fit(points)
    squares = euclidean_distances(points, squared=True)
    ours = fit_kmeans(points, 6, squares=squares, n_init=n_init, random_state=5)
    assert np.array_equal(ours.labels_, plain.labels_)
    assert ours.inertia_ == pytest.approx(plain.inertia_)


def test_equal_points_are_no_trouble():
    assert spread_starts(np.zeros((3, 3)), 3, 2, 0).shape == (2, 3)
    assert spread_starts(np.zeros((1, 1)), 1, 1, 0).tolist() == [[0]]
