"""Principal coordinates against LAPACK and scikit-learn; the same whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA

from imagegroup import coordinates
from imagegroup.coordinates import (
    content_order,
    diagonalise,
    find_coordinates,
    orthonormal,
    principal_coordinates,
    shapeless_cloud,
)


@given(
    seed=st.integers(0, 10_000), n=st.integers(2, 40), d=st.integers(1, 80), rank=st.integers(1, 20)
)
@settings(max_examples=60, deadline=None)
def test_all_coordinates_keep_all_distances(seed, n, d, rank):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d))
    vectors[n // 2] = vectors[0]  # a copy
    points = principal_coordinates(vectors, n)
    assert np.allclose(pdist(points), pdist(vectors), atol=3e-5 * pdist(vectors).max())


@pytest.mark.parametrize("n", [12, 90, 400])
def test_the_first_are_those_of_pca(n):
    vectors = blobs(n, 300, 4).astype(np.float32)
    plain = PCA(5).fit(vectors.astype(float))
    points = principal_coordinates(vectors, 5)
    variances = points.var(axis=0, ddof=1)
    np.testing.assert_allclose(variances, plain.explained_variance_, rtol=1e-3)
    inner, expected = points @ points.T, plain.transform(vectors) @ plain.transform(vectors).T
    assert np.abs(inner - expected).max() <= 2e-3 * np.abs(expected).max()
    assert (np.diff(variances) <= 0).all()


@given(seed=st.integers(0, 999), n=st.integers(1, 30), copies=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_other_names_and_another_order_change_no_bit(seed, n, copies):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 12))
    vectors = np.concatenate([vectors, vectors[rng.integers(0, n, copies)]])
    moved = rng.permutation(len(vectors))
    assert np.array_equal(
        principal_coordinates(vectors, 5)[moved], principal_coordinates(vectors[moved], 5)
    )


def test_copies_come_after_each_distinct_row():
    rows = np.repeat(np.arange(5.0)[:, None], 3, axis=0)
    ordered = rows[content_order(rows), 0]
    for part in np.split(ordered, 3):
        assert sorted(part) == [0, 1, 2, 3, 4]
    assert np.array_equal(*np.split(ordered, 3)[:2])


def test_minus_zero_is_zero():
    assert np.array_equal(
        content_order(np.array([[0.0], [1], [-0.0]])), content_order(np.array([[0.0], [1], [0]]))
    )


@pytest.mark.parametrize("kind", ["simplex", "ring", "copies", "one", "two", "line"])
def test_equal_eigenvalues_do_no_harm(kind):
    """Where LAPACK's axes are anyone's choice, distances are still right."""
    angles = 2 * np.pi * np.arange(24) / 24
    vectors = {
        "simplex": np.eye(30),
        "ring": np.column_stack([np.cos(angles), np.sin(angles)]),
        "copies": np.ones((9, 4)),
        "one": np.ones((1, 4)),
        "two": np.array([[0.0, 3], [4, 0]]),
        "line": np.arange(9.0)[:, None],
    }[kind]
    points = principal_coordinates(vectors, 40)
    assert points.shape == (len(vectors), min(40, len(vectors)))
    assert np.allclose(pdist(points), pdist(vectors), atol=1e-4)


def test_many_rows_are_projected_on_the_axes_of_some(monkeypatch):
    vectors = blobs(150, 60, 4).astype(np.float32)
    whole = principal_coordinates(vectors, 3)
    monkeypatch.setattr(coordinates, "GRAM_ROWS", 100)
    seen = find_coordinates(vectors, 3)
    assert seen.gram.shape == (100, 100)
    assert seen.points.shape == (150, 3)
    points = principal_coordinates(vectors, 3)
    assert np.abs(pdist(points) - pdist(whole)).max() < 0.05 * pdist(whole).max()
    first = vectors[seen.order[:100]].astype(float)
    plain = PCA(3).fit(first)
    gaps = squareform(pdist(points)), squareform(pdist(plain.transform(vectors)))
    assert np.abs(gaps[0] - gaps[1]).max() < 1e-3 * gaps[1].max()
    moved = np.random.default_rng(0).permutation(150)
    assert np.array_equal(principal_coordinates(vectors[moved], 3), points[moved])


@pytest.mark.parametrize("m", [2, 8, 56])
def test_rotations_find_lapacks_eigenvalues(m):
    noise = np.random.default_rng(m).normal(size=(m, m))
    matrix = noise @ noise.T
    values, vectors = diagonalise(matrix)
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(matrix), rtol=1e-8)
    np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T, matrix, atol=1e-7 * m)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(m), atol=1e-9)


def test_columns_become_orthonormal_and_dependent_ones_zero():
    columns = np.rint(1e5 * np.random.default_rng(0).normal(size=(50, 6)))
    columns[:, 4] = columns[:, 0] - 2 * columns[:, 1]
    made = orthonormal(columns)
    expected = np.diag([1.0, 1, 1, 1, 0, 1])
    np.testing.assert_allclose(made.T @ made, expected, atol=1e-9)
    plain = np.linalg.qr(columns[:, :4])[0]
    np.testing.assert_allclose(np.abs(made[:, :4]), np.abs(plain), atol=1e-9)


def test_a_cloud_has_the_variances_and_no_groups():
    points = find_coordinates(blobs(80, 300, 3), 12).points
    cloud = shapeless_cloud(points, 0)
    squares = (points**2).sum(axis=0)
    np.testing.assert_allclose((cloud**2).sum(axis=0), squares, rtol=1e-3)
    inner = cloud.T @ cloud / np.sqrt(squares * squares[:, None])
    np.testing.assert_allclose(inner, np.eye(12), atol=1e-3)
    assert np.abs(cloud.mean(axis=0)).max() < 1
    assert not np.array_equal(cloud, shapeless_cloud(points, 1))
