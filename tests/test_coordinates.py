"""The coordinates that the sweep runs on: same distances, same labels, done once, one thread."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_info

from imagegroup import clusters, coordinates
from imagegroup.clusters import choose_k, sweep_k
from imagegroup.coordinates import principal_coordinates, shapeless_cloud


def assert_every_k_equals_plain(vectors, ks):
    sweep = sweep_k(vectors, ks)
    assert sweep.engine == "exact principal coordinates"
    for k, labels in zip(sweep.ks, sweep.labels, strict=True):
        plain = KMeans(int(k), random_state=0, n_init="auto").fit(vectors)
        assert np.array_equal(labels, plain.labels_), k
    return sweep


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 30),
    d=st.integers(1, 80),
    rank=st.integers(1, 20),
)
@settings(max_examples=60, deadline=None)
def test_distances_stay_whatever_the_rank(seed, n, d, rank):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d))
    vectors[n // 2] = vectors[0]  # a duplicate
    points, tol, engine = principal_coordinates(vectors, 0)
    # sqrt of a rounding error: two equal rows come out about 1e-7 of the largest length apart
    assert np.allclose(pdist(points), pdist(vectors), atol=1e-6 * (1 + np.abs(vectors).max()) * d)
    assert tol == pytest.approx(1e-4 * n / d if n < d else 1e-4)
    assert ("exact" in engine) == (n < d)


def test_rank_3_in_500_dimensions_equals_plain_sklearn():
    rng = np.random.default_rng(1)
    flat = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 500))
    points = principal_coordinates(flat, 0)[0]
    assert np.abs(points[:, 3:]).max() < 1e-5 * np.abs(points).max()
    assert_every_k_equals_plain(flat, range(1, 16))


def test_duplicated_images_equal_plain_sklearn():
    """Whole numbers as in the post's vectors, each image up to four times."""
    rng = np.random.default_rng(3)
    photos = rng.integers(0, 256, (15, 700)).astype(np.float64)
    copies = photos[rng.permutation(np.arange(40) % 15)]
    sweep = assert_every_k_equals_plain(copies, range(1, 21))
    assert sweep.ks.max() == 15


def test_structured_bytes_equal_plain_sklearn():
    rng = np.random.default_rng(5)
    photos = rng.integers(0, 256, (6, 2_000))[np.arange(90) % 6]
    noisy = np.clip(photos + rng.normal(0, 60, photos.shape), 0, 255).astype(np.uint8)
    assert_every_k_equals_plain(noisy.astype(float), range(1, 21))
    assert np.array_equal(
        sweep_k(noisy, range(1, 21)).labels, sweep_k(noisy.astype(float), range(1, 21)).labels
    )


@pytest.mark.parametrize(("n", "exact"), [(50, True), (51, False)])
def test_the_exact_path_ends_at_its_limit(monkeypatch, n, exact):
    assert coordinates.EXACT_ROWS == 2_000
    monkeypatch.setattr(coordinates, "EXACT_ROWS", 50)
    vectors = blobs(n, 300, 3)
    points, _, engine = principal_coordinates(vectors, 0)
    assert engine == ("exact principal coordinates" if exact else "vectors as float32")
    assert points.dtype == (np.float64 if exact else np.float32)
    fewer = principal_coordinates(vectors, 5)[2]
    assert fewer == ("exact principal coordinates" if exact else "principal coordinates of 50 rows")


def test_a_sweep_decomposes_once_and_fits_once_for_each_k(monkeypatch):
    calls = []

    def count(module, name):
        original = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, **how: (calls.append(name), original(*a, **how))[1]
        )

    count(coordinates, "_decompose")
    count(clusters, "fit_kmeans")
    sweep_k(blobs(30, 200, 3), range(1, 9))
    assert calls.count("_decompose") == 1
    assert calls.count("fit_kmeans") == 8


def test_one_thread_while_sweeping_and_all_again_afterwards():
    def threads():
        return [pool["num_threads"] for pool in threadpool_info()]

    seen = []

    def watched(ks):
        for k in ks:
            yield k
            seen.append(threads())

    before = threads()
    sweep_k(blobs(30, 200, 3), range(1, 5), references=1, resamples=2, progress=watched)
    assert len(seen) == 4
    assert {number for numbers in seen for number in numbers} == {1}
    assert threads() == before


@pytest.mark.parametrize("limit", [50, 5_000])
def test_few_dimensions_equal_pca(monkeypatch, limit):
    monkeypatch.setattr(coordinates, "EXACT_ROWS", limit)
    vectors = blobs(90, 400, 4).astype(np.float32)
    points, _, engine = principal_coordinates(vectors, 5)
    assert ("of 50 rows" in engine) == (limit == 50)
    if limit > 90:
        plain = PCA(5).fit_transform(vectors.astype(float))
        assert np.allclose(np.abs(points[:, :5]), np.abs(plain), atol=1e-3)
    sweep = sweep_k(vectors, range(1, 9), n_dims=5, references=3, n_init=3)
    assert choose_k(sweep, "contrast") == 4


def test_a_cloud_has_the_variances_and_no_groups():
    points = principal_coordinates(blobs(80, 300, 3), 0)[0]
    cloud = shapeless_cloud(points, 0)
    assert np.allclose((cloud**2).sum(axis=0), (points[:, :79] ** 2).sum(axis=0))
    assert np.allclose(cloud.T @ cloud, np.diag((cloud**2).sum(axis=0)), atol=1e-6)
    assert np.allclose(cloud.mean(axis=0), 0, atol=1e-9)
