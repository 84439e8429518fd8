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

from imagegroup import clusters, coordinates
from imagegroup.clusters import choose_k, sweep_k
from imagegroup.kmeans import stability


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


def test_wide_vectors_take_the_exact_path():
    assert "exact" in sweep_k(blobs(30, 500, 3), [2]).engine
    assert sweep_k(blobs(500, 30, 3), [2]).engine == "vectors as float64"


def test_above_the_limit_it_is_float32(monkeypatch):
    monkeypatch.setattr(coordinates, "EXACT_ROWS", 50)
    vectors = blobs(60, 300, 3)
    sweep = sweep_k(vectors, [3])
    assert sweep.engine == "vectors as float32"
    plain = KMeans(3, random_state=0, n_init="auto").fit(vectors.astype(np.float32))
    assert np.array_equal(sweep.labels[0], plain.labels_)


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


def test_contrast_finds_groups_and_explained_is_about_1_without():
    found = sweep_k(blobs(120, 60, 5), range(1, 13), references=5, n_init=3)
    assert choose_k(found, "contrast") == 5
    noise = np.random.default_rng(0).normal(size=(120, 60))
    none = sweep_k(noise, range(1, 13), references=5, n_init=3)
    assert np.allclose(none.explained[1:], 1, atol=0.15)
    assert found.explained[4] > 1.5


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
    points, tol, _ = coordinates.principal_coordinates(vectors, 30)
    seen = {"resamples": 4, "n_init": 1, "random_state": 7, "tol": tol}
    cloud = coordinates.shapeless_cloud(points, 0)
    assert sweep.stabilities[1] == stability(points[:, :5], 3, **seen)
    assert sweep.cloud_stabilities[1] == stability(cloud[:, :5], 3, **seen)
    assert np.isnan(sweep.stabilities).tolist() == [True, False, False, True]  # k = 1, k > n / 3


def test_what_any_cloud_repeats_does_not_count():
    """Found again with 0.9 at k = 2, but so is a cloud; 0.8 against 0.2 says more."""
    ks, none = np.array([1, 2, 3]), np.full(3, np.nan)
    stable, cloud = np.array([np.nan, 0.9, 0.8]), np.array([np.nan, 0.85, 0.2])
    labels = np.zeros((3, 9), np.int32)
    sweep = clusters.Sweep(ks, none, none, none, none, stable, cloud, labels, "made up")
    assert choose_k(sweep, "stability") == 3
    sweep = clusters.Sweep(ks, none, none, none, none, cloud, stable, labels, "made up")
    assert choose_k(sweep, "stability") is None
