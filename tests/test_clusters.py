"""The sweep against plain scikit-learn, the criteria against kneed and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from kneed import KneeLocator
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_info

from imagegroup import clusters, sklearn_kmeans
from imagegroup.clusters import choose_k, contrasts, fit_k, sweep_k
from imagegroup.coordinates import find_coordinates, shapeless_cloud
from imagegroup.evaluate import score_labels
from imagegroup.stability import stability


@pytest.mark.parametrize(("n", "d"), [(40, 5), (40, 40), (60, 3_000)])
def test_every_k_equals_plain_sklearn(n, d):
    vectors = blobs(n, d, 4)
    sweep = sweep_k(vectors, range(1, 13))
    for row, k in enumerate(sweep.ks):
        plain = KMeans(k, random_state=0, n_init="auto").fit(vectors)
        assert np.array_equal(sweep.labels[row], plain.labels_)
        assert sweep.inertias[row] == pytest.approx(plain.inertia_)
        nearest = cdist(vectors, plain.cluster_centers_).min(axis=1)
        assert sweep.distortions[row] == pytest.approx(nearest.mean())
        if 1 < k < n:
            assert sweep.silhouettes[row] == pytest.approx(
                silhouette_score(vectors, plain.labels_), abs=1e-6
            )
    assert np.isnan(sweep.silhouettes[0])


def test_wide_vectors_become_principal_coordinates():
    assert sweep_k(blobs(30, 500, 3), [2]).engine == "scikit-learn, principal coordinates"
    assert sweep_k(blobs(500, 30, 3), [2]).engine == "scikit-learn, vectors as float64"


def test_whole_bytes_equal_plain_sklearn_with_copies_too():
    rng = np.random.default_rng(5)
    photos = rng.integers(0, 256, (6, 2_000))[np.arange(90) % 6]
    noisy = np.clip(photos + rng.normal(0, 60, photos.shape), 0, 255).astype(np.uint8)
    noisy[7] = noisy[3]
    sweep = sweep_k(noisy, range(1, 21))
    for k, labels in zip(sweep.ks, sweep.labels, strict=True):
        plain = KMeans(int(k), random_state=0, n_init="auto").fit(noisy.astype(float))
        assert np.array_equal(labels, plain.labels_), k


@pytest.mark.parametrize("n_init", ["auto", 4])
def test_as_many_starts_as_sklearn_draws(n_init):
    vectors = blobs(90, 12, 7, seed=1)
    plain = KMeans(6, n_init=n_init, random_state=5).fit(vectors)
    labels = fit_k(vectors, 6, n_dims=0, n_init=n_init, random_state=5)
    assert np.array_equal(labels, plain.labels_)


def test_all_of_many_rows_are_fitted_as_float32(monkeypatch):
    monkeypatch.setattr(sklearn_kmeans, "EXACT_ROWS", 50)
    vectors = blobs(60, 300, 3)
    plain = KMeans(3, random_state=0, n_init="auto").fit(vectors.astype(np.float32))
    assert np.array_equal(fit_k(vectors, 3, n_dims=0), plain.labels_)


@given(seed=st.integers(0, 999), n=st.integers(4, 60), n_dims=st.integers(1, 8))
@settings(max_examples=30, deadline=None)
def test_curves_are_those_of_the_labels_whatever_made_them(seed, n, n_dims):
    vectors = np.random.default_rng(seed).normal(size=(n, 20))
    sweep = sweep_k(vectors, range(1, min(n, 9)), n_dims=n_dims)
    for row, labels in enumerate(sweep.labels):
        centers = np.array([vectors[labels == label].mean(axis=0) for label in range(row + 1)])
        gaps = np.linalg.norm(vectors - centers[labels], axis=1)
        assert sweep.inertias[row] == pytest.approx((gaps**2).sum(), rel=1e-5, abs=1e-5)
        assert sweep.distortions[row] == pytest.approx(gaps.mean(), rel=1e-4, abs=1e-4)
        if row:
            plain = silhouette_score(vectors, labels)
            assert sweep.silhouettes[row] == pytest.approx(plain, abs=1e-4)


@given(seed=st.integers(0, 999), n=st.integers(3, 40), copies=st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_another_order_of_the_rows_gives_the_same_groups(seed, n, copies):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 12))
    vectors = np.concatenate([vectors, vectors[rng.integers(0, n, copies)]])
    moved = rng.permutation(len(vectors))
    how = {"n_dims": 4, "references": 2, "resamples": 2}
    one, other = (sweep_k(v, range(1, 9), **how) for v in (vectors, vectors[moved]))
    for name in ("inertias", "distortions", "silhouettes", "explained", "stabilities"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name
    for labels, again in zip(one.labels, other.labels, strict=True):
        assert score_labels(labels[moved], again).ari == 1
    fits = [
        fit_k(v, min(n, 3), n_dims=4, n_init=3, random_state=1) for v in (vectors, vectors[moved])
    ]
    assert score_labels(fits[0][moved], fits[1]).ari == 1
    assert list(dict.fromkeys(fits[1].tolist())) == list(range(min(n, 3)))


def test_of_many_rows_so_many_are_swept_and_all_are_fitted(monkeypatch):
    monkeypatch.setattr("imagegroup.coordinates.GRAM_ROWS", 60)
    vectors, true = blobs(151, 30, 5), np.arange(151) % 5
    sweep = sweep_k(vectors, range(1, 9), n_dims=8, references=2)
    assert sweep.labels.shape == (8, 60)
    assert (np.diff(sweep.rows) > 0).all()
    assert choose_k(sweep, "contrast") == 5
    seen = find_coordinates(vectors, 8)
    with_sweep = fit_k(vectors, 5, n_dims=8, coordinates=seen, sweep=sweep)
    assert score_labels(true, with_sweep).ari == 1
    assert np.array_equal(with_sweep, fit_k(vectors, 5, n_dims=8))


def test_duplicates_and_low_rank():
    rng = np.random.default_rng(3)
    twice = np.repeat(rng.integers(0, 256, (12, 700)).astype(np.uint8), 3, axis=0)
    sweep = sweep_k(twice, range(1, 21))
    assert sweep.ks.max() == 12  # there are no more distinct rows
    assert sweep.inertias[-1] == pytest.approx(0, abs=1e-3)
    for labels in sweep.labels:
        for copy in range(12):
            assert len(set(labels[3 * copy : 3 * copy + 3])) == 1


def test_the_elbow_is_kneeds():
    sweep = sweep_k(blobs(90, 20, 6), range(1, 16))
    knee = KneeLocator(sweep.ks, sweep.distortions, curve="convex", direction="decreasing")
    assert choose_k(sweep, "elbow") == knee.elbow == 6
    assert choose_k(sweep, "silhouette") == 6


def test_no_elbow_is_none():
    line = clusters.Sweep(
        np.arange(1, 8),
        np.arange(7.0),
        np.linspace(7, 1, 7),
        np.full(7, np.nan),
        np.full(7, np.nan),
        np.full(7, np.nan),
        np.full(7, np.nan),
        np.zeros((7, 9), np.int32),
        np.arange(9),
        "made up",
    )
    assert choose_k(line, "elbow") is None
    assert choose_k(line, "silhouette") is None
    assert choose_k(line, "contrast") is None
    assert choose_k(line, "stability") is None


def test_an_unknown_criterion_is_named():
    with pytest.raises(ValueError, match="'elbows': expected a number or one of elbow"):
        choose_k(sweep_k(blobs(9, 2, 3), [1, 2, 3]), "elbows")


@pytest.mark.parametrize(("rows", "ks"), [(0, [1]), (3, [4]), (3, [])])
def test_impossible_k_is_one_line(rows, ks):
    with pytest.raises(ValueError, match="cannot be put into k"):
        sweep_k(np.arange(rows * 2.0).reshape(rows, 2), ks)


@given(seed=st.integers(0, 10_000), n=st.integers(3, 25), d=st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_more_groups_never_lie_farther_away_at_the_end(seed, n, d):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    sweep = sweep_k(vectors, range(1, n + 1))
    assert sweep.inertias[-1] == pytest.approx(0, abs=1e-6)
    assert sweep.inertias[0] == pytest.approx(((vectors - vectors.mean(0)) ** 2).sum())
    for k, labels in zip(sweep.ks, sweep.labels, strict=True):
        assert set(labels) == set(range(k))


@pytest.mark.parametrize("n_dims", [0, 8])
def test_contrast_finds_groups_and_explained_is_about_1_without(n_dims):
    found = sweep_k(blobs(120, 60, 5), range(1, 13), n_dims=n_dims, references=5)
    assert choose_k(found, "contrast") == 5
    assert found.explained[4] > 1.5
    noise = np.random.default_rng(0).normal(size=(120, 60))
    none = sweep_k(noise, range(1, 13), n_dims=n_dims, references=5)
    assert np.allclose(none.explained[1:], 1, atol=0.15)


def test_contrast_is_the_silhouette_times_the_cubed_excess():
    sweep = sweep_k(blobs(60, 30, 4), range(1, 9), n_dims=6, references=3)
    expected = sweep.silhouettes * np.clip(sweep.explained - 1, 0, None) ** 3
    np.testing.assert_allclose(contrasts(sweep), expected)
    assert choose_k(sweep, "contrast") == sweep.ks[np.nanargmax(expected)]


def test_stability_finds_groups_and_is_measured_only_when_asked():
    found = sweep_k(blobs(120, 60, 5), range(1, 13), n_dims=8, resamples=6, n_init=3)
    assert choose_k(found, "stability") == 5
    assert found.stabilities[4] == 1
    assert found.cloud_stabilities[4] < 0.5
    assert np.isnan(found.explained).all()
    plain = sweep_k(blobs(120, 60, 5), range(1, 13), n_dims=8, n_init=3)
    assert np.array_equal(plain.labels, found.labels)
    assert np.isnan(plain.stabilities).all()
    assert np.isnan(plain.cloud_stabilities).all()
    assert choose_k(plain, "stability") is None


def test_stability_is_that_of_the_points_seen():
    vectors = blobs(40, 30, 4)
    sweep = sweep_k(vectors, [1, 3, 13, 14], n_dims=5, resamples=4, random_state=7)
    points = find_coordinates(vectors, 14).points
    seen = {"resamples": 4, "n_init": 1, "random_state": 7}
    cloud = shapeless_cloud(points, 0)
    assert sweep.stabilities[1] == stability(points[:, :5], 3, **seen)
    assert sweep.cloud_stabilities[1] == stability(cloud[:, :5], 3, **seen)
    assert np.isnan(sweep.stabilities).tolist() == [True, False, False, True]  # k = 1, k > n / 3


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


def test_what_any_cloud_repeats_does_not_count():
    """Found again with 0.9 at k = 2, but so is a cloud; 0.8 against 0.2 says more."""
    ks, none = np.array([1, 2, 3]), np.full(3, np.nan)
    stable, cloud = np.array([np.nan, 0.9, 0.8]), np.array([np.nan, 0.85, 0.2])
    labels, rows = np.zeros((3, 9), np.int32), np.arange(9)
    sweep = clusters.Sweep(ks, none, none, none, none, stable, cloud, labels, rows, "made up")
    assert choose_k(sweep, "stability") == 3
    sweep = clusters.Sweep(ks, none, none, none, none, cloud, stable, labels, rows, "made up")
    assert choose_k(sweep, "stability") is None
