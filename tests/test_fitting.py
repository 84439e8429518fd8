"""Many vectors: k from a sample, the fit on all, and no second copy of them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from blobs import blobs
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imagegroup import DEFAULT, NoElbow, fitting
from imagegroup.clusters import choose_k, fit_k, sweep_k
from imagegroup.evaluate import score_labels
from imagegroup.fitting import distances_to, fit_groups, mean_vectors, packed

QUICK = DEFAULT.with_values(ks=range(1, 9), n_init=2, n_dims=8)


def bar(items, total, title):
    return iter(items)


def clumps(n, k=5, d=30):
    """Give clumps far apart as float32, and which of them each row is of."""
    true = np.arange(n) % k
    centers = 20 * np.eye(k, d)
    noise = np.random.default_rng(0).normal(size=(n, d))
    return (centers[true] + noise).astype(np.float32), true


@pytest.fixture
def small(monkeypatch):
    """Bounds of a hundredth, so that a test takes no minutes."""
    monkeypatch.setattr("imagegroup.coordinates.GRAM_ROWS", 60)
    monkeypatch.setattr("imagegroup.sklearn_kmeans.EXACT_ROWS", 60)


def test_up_to_the_bound_nothing_is_sampled(small):
    vectors, _ = clumps(60)
    labels, sweep, criterion = fit_groups(vectors, np.ones(len(vectors), bool), QUICK, bar)
    plain = sweep_k(vectors, QUICK.ks, n_dims=8, references=fitting.REFERENCES, n_init=2)
    assert criterion == "contrast"
    assert sweep.engine == plain.engine
    k = choose_k(plain, "contrast")
    assert np.array_equal(labels, fit_k(vectors, k, n_dims=8, n_init=2))


@pytest.mark.parametrize("n_dims", [0, 8])
@pytest.mark.parametrize("criterion", ["contrast", "elbow", "silhouette"])
def test_above_a_sample_chooses_k_and_all_are_fitted(small, criterion, n_dims):
    n = 151
    vectors, true = clumps(n)
    recipe = QUICK.with_values(k=criterion, n_dims=n_dims)
    labels, sweep, said = fit_groups(vectors, np.ones(n, bool), recipe, bar)
    assert said == f"{criterion}, on a sample of 60 of 151 images"
    assert sweep.engine.endswith(", a sample of 60 of 151 images")
    assert sweep.labels.shape == (8, 60)
    assert labels.shape == (n,)
    assert score_labels(true, labels).ari == 1
    given_k = fit_groups(vectors, np.ones(n, bool), recipe.with_values(k=5), bar)
    assert given_k[2] == "given"
    assert score_labels(given_k[0], labels).ari == 1


def test_rows_without_features_take_no_part_and_stay_where_they_are(small):
    some = blobs(120, 30, 3).astype(np.float32)
    featured = np.random.default_rng(0).permutation(np.arange(150) < 120)
    vectors = np.zeros((150, 30), np.float32)
    vectors[featured] = some
    before = vectors.copy()
    labels, _, criterion = fit_groups(vectors, featured, QUICK, bar)
    assert np.array_equal(vectors, before)
    assert np.array_equal(labels >= 0, featured)
    assert np.array_equal(labels[featured], fit_groups(some, np.ones(120, bool), QUICK, bar)[0])
    assert criterion.endswith("on a sample of 60 of 120 images")


def test_vectors_are_moved_back_when_there_is_no_elbow():
    vectors, featured = np.array([[0.0], [5.0], [0.0], [7.0]]), np.array([False, True, False, True])
    recipe = QUICK.with_values(k="elbow", fallback=None)
    with pytest.raises(NoElbow):
        fit_groups(vectors, featured, recipe, bar)
    assert vectors.ravel().tolist() == [0, 5, 0, 7]


@given(arrays(bool, st.integers(0, 20)))
def test_packed_gives_the_featured_rows_in_order_and_puts_them_back(featured):
    vectors = np.arange(1, len(featured) + 1)[:, None] * featured[:, None] * [1, 10]
    before = vectors.copy()
    with packed(vectors, featured) as rows:
        assert np.shares_memory(rows, vectors) or not len(rows)
        assert np.array_equal(rows, before[featured])
    assert np.array_equal(vectors, before)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_means_and_distances_are_the_plain_ones_however_many_rows(monkeypatch, kind):
    monkeypatch.setattr(fitting, "BLOCK_ROWS", 7)
    rng = np.random.default_rng(0)
    vectors, labels = rng.integers(0, 256, (50, 6)).astype(kind), rng.integers(-1, 3, 50)
    centers = mean_vectors(vectors, labels)
    for label in range(3):
        rows = np.flatnonzero(labels == label)
        assert np.allclose(centers[label], vectors[rows].astype(float).mean(axis=0), rtol=1e-6)
        plain = np.linalg.norm(vectors[rows].astype(float) - centers[label], axis=1)
        assert np.allclose(distances_to(centers[label], vectors, rows), plain, rtol=1e-6)
    assert mean_vectors(vectors, np.full(50, -1)).shape == (0, 6)


def test_a_group_of_many_images_is_not_copied_whole():
    vectors = np.ones((20_000, 500), np.float32)  # 40 MB
    featured, labels = np.arange(20_000) > 0, np.zeros(20_000, np.int32)
    tracemalloc.start()
    center = mean_vectors(vectors, labels)[0]
    distances_to(center, vectors, np.arange(20_000))
    with packed(vectors, featured):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < vectors.nbytes / 2
