"""K-means without rounding against scikit-learn and SciPy, from the same starts."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import adjusted_rand_score, euclidean_distances, silhouette_samples

from imagegroup.exact import choose_grid
from imagegroup.kmeans import (
    best_fit,
    fit_kmeans,
    group_means,
    mean_silhouette,
    silhouette_widths,
    spread_starts,
    ward_cuts,
)


def random_points(seed, n, d, groups):
    """Continuous points about some centres, on the grid that vectors are counted on."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(scale=rng.uniform(0, 4), size=(groups, d))
    points = centers[np.arange(n) % groups] + rng.normal(size=(n, d))
    return choose_grid(points).steps(points)


def by_sklearn(points, starts):
    return KMeans(len(starts), init=starts, n_init=1, tol=0, max_iter=300).fit(points)


@pytest.mark.parametrize("block", range(4))
def test_labels_are_sklearns_from_the_same_starts(block):
    """On 400 sets; scikit-learn's own sums round, but never as far as a step of the grid."""
    rng = np.random.default_rng(block)
    for seed in range(100 * block, 100 * (block + 1)):
        n, d = int(rng.integers(5, 80)), int(rng.integers(2, 12))
        k = int(rng.integers(1, min(n, 12) + 1))
        points = random_points(seed, n, d, int(rng.integers(1, 8)))
        starts = points[rng.choice(n, k, replace=False)]
        ours, theirs = fit_kmeans(points, starts), by_sklearn(points, starts)
        assert np.array_equal(ours.labels, theirs.labels_), seed
        # centres are rounded to a step of a millionth of the longest vector
        assert ours.inertia == pytest.approx(theirs.inertia_, rel=1e-7, abs=n), seed


@given(seed=st.integers(0, 10_000), n=st.integers(2, 40), k=st.integers(2, 8))
@settings(max_examples=60, deadline=None)
def test_the_result_is_a_fixed_point_and_no_group_is_empty(seed, n, k):
    """Ties and copies too: each point is with the first nearest centre, each centre is the mean."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 4, (n, 2)).astype(float)
    k = min(k, len(np.unique(points, axis=0)))
    fit = fit_kmeans(points, points[rng.integers(0, n, k)])
    gaps = euclidean_distances(fit.centers, points, squared=True)
    assert np.array_equal(fit.labels, gaps.argmin(axis=0))
    assert set(fit.labels) == set(range(k))
    assert np.abs(group_means(points, fit.labels, k) - fit.centers).max() == 0


def test_a_centre_without_points_moves_as_in_sklearn():
    points = random_points(3, 60, 3, 4)
    starts = np.concatenate([points[:3], points[:1] * 40])  # nothing is near the last
    ours, theirs = fit_kmeans(points, starts), by_sklearn(points, starts)
    assert np.array_equal(ours.labels, theirs.labels_)
    assert len(set(ours.labels)) == 4


def test_a_tie_goes_to_the_first_centre():
    fit = fit_kmeans(np.array([[0.0], [10.0], [5.0]]), np.array([[0.0], [10.0]]), rounds=1)
    assert fit.labels.tolist() == [0, 1, 0]


def test_finer_centres_are_the_means_to_their_own_step():
    bits = np.random.default_rng(0).integers(0, 2, (90, 16)).astype(np.float32)
    fit = fit_kmeans(bits, bits[:5] * 256.0, scale=256)
    means = [bits[fit.labels == label].mean(axis=0) for label in range(5)]
    assert np.abs(fit.centers / 256 - means).max() <= 0.5 / 256
    own = ((bits - fit.centers[fit.labels] / 256) ** 2).sum()
    assert fit.inertia / 256**2 == pytest.approx(own)


@given(
    seed=st.integers(0, 10_000), n=st.integers(1, 120), d=st.integers(1, 40), k=st.integers(1, 30)
)
@settings(max_examples=60, deadline=None)
def test_the_starts_are_those_of_sklearn(seed, n, d, k):
    """Whole numbers, without copies: rounding may not decide between equal draws."""
    points = np.random.default_rng(seed).integers(0, 999, (n, d)).astype(float)
    points = points[np.sort(np.unique(points, axis=0, return_index=True)[1])]
    k = min(len(points), k)
    squares = euclidean_distances(points, squared=True)
    squares = np.rint(squares)
    random_state, rng = np.random.RandomState(seed), np.random.RandomState(seed)
    for _ in range(3):
        theirs = kmeans_plusplus(points, k, random_state=random_state)[1]
        ours = spread_starts(squares.__getitem__, len(points), k, rng)
        assert np.array_equal(ours, theirs)


def test_starts_among_equal_points_are_no_trouble():
    rng = np.random.RandomState(0)
    assert len(spread_starts(np.zeros((3, 3)).__getitem__, 3, 3, rng)) == 3
    assert spread_starts(np.zeros((1, 1)).__getitem__, 1, 1, rng).tolist() == [0]


def test_more_starts_are_never_worse_and_the_given_one_counts():
    points = random_points(1, 90, 4, 9)
    given_start = points[:9]
    one = best_fit(points, [given_start], 9, 0, 0)
    many = best_fit(points, [given_start], 9, 20, 0)
    assert one.inertia == fit_kmeans(points, given_start).inertia
    assert many.inertia <= one.inertia
    again = best_fit(points, [given_start], 9, 20, 0)
    assert np.array_equal(many.labels, again.labels)


@pytest.mark.parametrize("seed", range(8))
def test_wards_tree_is_scipys(seed):
    points = random_points(seed, 50 + 3 * seed, 5, 6)
    tree = linkage(points, "ward")
    ks = list(range(1, 31))
    squared = squareform(pdist(points, "sqeuclidean"))
    for k, cut in zip(ks, ward_cuts(squared, ks), strict=True):
        assert adjusted_rand_score(fcluster(tree, k, "maxclust"), cut) == 1
        assert list(dict.fromkeys(cut.tolist())) == list(range(k))  # numbered as they come


def test_wards_tree_of_copies_takes_them_together_first():
    points = np.repeat([[0.0], [10], [30]], 4, axis=0)
    [cut] = ward_cuts(squareform(pdist(points, "sqeuclidean")), [3])
    assert cut.tolist() == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("k", [2, 5, 40])
def test_silhouettes_are_sklearns(k):
    points = np.rint(1_000 * blobs(90, 12, 7, seed=1))
    labels = np.random.default_rng(k).permutation(np.arange(90) % k)
    distances = np.rint(4_096 * squareform(pdist(points)))
    plain = silhouette_samples(points, labels)
    np.testing.assert_allclose(silhouette_widths(distances, labels), plain, atol=1e-6)
    assert mean_silhouette(distances, labels) == pytest.approx(plain.mean(), abs=1e-6)


def test_one_group_and_one_image_a_group_have_no_silhouette():
    distances = np.ones((4, 4)) - np.eye(4)
    assert np.isnan(mean_silhouette(distances, np.zeros(4, int)))
    assert np.isnan(mean_silhouette(distances, np.arange(4)))
