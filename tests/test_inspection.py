"""Margins, silhouettes, neighbours, the plane, known labels: equal to scikit-learn's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from groupings import made_grouping
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances, silhouette_samples
from sklearn.metrics.cluster import contingency_matrix
from sklearn.neighbors import NearestNeighbors

from imagegroup import inspection
from imagegroup.inspection import (
    center_distances,
    confusion,
    doubtful_first,
    group_qualities,
    margins,
    nearest_images,
    project_to_plane,
    silhouettes,
)


def cloud(seed=0, n=40, k=4, d=12, missing=3):
    """Give a grouping of random vectors, some of them without features."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, n - k - missing), [-1] * missing])
    labels = rng.permutation(labels)
    vectors = rng.normal(size=(n, d)).astype(np.float32)
    vectors[labels < 0] = 0
    return made_grouping(vectors, labels)


many = pytest.mark.parametrize("seed", range(5))


@many
def test_center_distances_are_those_of_scikit_learn(seed):
    grouping = cloud(seed)
    featured = grouping.labels >= 0
    wanted = pairwise_distances(grouping.vectors.astype(float), grouping.centers.astype(float))
    found = center_distances(grouping)
    np.testing.assert_allclose(found[featured], wanted[featured], rtol=1e-5)
    assert np.isnan(found[~featured]).all()


@many
def test_a_margin_is_the_next_distance_minus_the_own(seed):
    grouping = cloud(seed)
    gaps = pairwise_distances(grouping.vectors.astype(float), grouping.centers.astype(float))
    for row, (label, margin) in enumerate(zip(grouping.labels, margins(grouping), strict=True)):
        if label < 0:
            assert np.isnan(margin)
        else:
            others = [gap for other, gap in enumerate(gaps[row]) if other != label]
            assert margin == pytest.approx(min(others) - gaps[row, label], abs=1e-5)


def test_margins_by_hand():
    # 0 and 4 have their centre at 2, 10 lies alone: 4 is 2 from its centre, 6 from the other.
    grouping = made_grouping(np.array([[0.0], [4], [10]]), [0, 0, 1])
    assert margins(grouping).tolist() == [10 - 2, 6 - 2, 8 - 0]


def test_bytes_are_not_subtracted_as_bytes():
    grouping = made_grouping(np.array([[0], [10], [255]], np.uint8), [0, 0, 1])
    assert margins(grouping).tolist() == [255 - 5, 245 - 5, 250 - 0]
    assert nearest_images(grouping, 0)[1].tolist() == [10, 255]


@many
def test_silhouettes_are_those_of_scikit_learn_in_their_rows(seed):
    grouping = cloud(seed)
    featured = grouping.labels >= 0
    wanted = silhouette_samples(grouping.vectors[featured], grouping.labels[featured])
    found = silhouettes(grouping)
    np.testing.assert_allclose(found[featured], wanted)
    assert np.isnan(found[~featured]).all()


def test_without_a_second_group_nothing_is_doubted():
    grouping = made_grouping(np.arange(4.0)[:, None], [0, 0, 0, -1])
    assert np.isnan(silhouettes(grouping)).all()
    assert margins(grouping)[:3].tolist() == [np.inf] * 3
    assert doubtful_first(grouping).tolist() == [0, 1, 2]


def test_no_groups_at_all():
    grouping = made_grouping(np.zeros((2, 0), np.float32), [-1, -1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert group_qualities(grouping) == []
        assert doubtful_first(grouping).tolist() == []
        assert np.isnan(margins(grouping)).all()


@pytest.mark.parametrize("by", inspection.DOUBTS)
def test_the_doubtful_come_first(by):
    grouping = cloud()
    order = doubtful_first(grouping, by)
    assert sorted(order) == np.flatnonzero(grouping.labels >= 0).tolist()
    trust = {
        "margin": margins(grouping),
        "silhouette": silhouettes(grouping),
        "distance": -grouping.distances,
    }[by][order]
    assert (np.diff(trust) >= 0).all()


def test_an_unknown_doubt_is_refused_and_the_choices_are_told():
    with pytest.raises(ValueError, match=r"'colour'.*margin, silhouette, distance"):
        doubtful_first(cloud(), by="colour")


def test_what_was_seen_comes_last_and_draws_the_centre():
    # Group 0 holds 0 and 10; 10 was put there by the reader: four times 10 and once 0 make 8.
    grouping = made_grouping(np.array([[0.0], [10], [-6], [30]]), [0, 0, 1, 2])
    seen = np.array([False, True, False, False])
    assert doubtful_first(grouping, seen=seen).tolist() == [0, 2, 3, 1]
    assert inspection._weighted_centers(grouping, seen).ravel().tolist() == [8, -6, 30]


@many
def test_neighbours_are_those_of_scikit_learn(seed):
    grouping = cloud(seed)
    rows = np.flatnonzero(grouping.labels >= 0)
    model = NearestNeighbors(n_neighbors=6).fit(grouping.vectors[rows])
    for row in rows[:5]:
        distances, found = model.kneighbors(grouping.vectors[[row]])
        ours, gaps = nearest_images(grouping, row, 5)
        assert ours.tolist() == rows[found[0, 1:]].tolist()
        np.testing.assert_allclose(gaps, distances[0, 1:], rtol=1e-5)


def test_neighbours_of_its_own_group():
    grouping = cloud()
    row = np.flatnonzero(grouping.labels == 2)[0]
    rows, distances = nearest_images(grouping, row, 100, own_group=True)
    assert sorted([*rows, row]) == np.flatnonzero(grouping.labels == 2).tolist()
    assert (np.diff(distances) >= 0).all()


@many
def test_the_plane_is_that_of_scikit_learn(seed):
    grouping = cloud(seed)
    featured = grouping.labels >= 0
    model = PCA(2).fit(grouping.vectors[featured].astype(float))
    wanted = model.transform(grouping.vectors[featured].astype(float))
    plane = project_to_plane(grouping)
    found = plane.points[featured]
    np.testing.assert_allclose(found * np.sign(found[0] * wanted[0]), wanted, atol=5e-5)
    np.testing.assert_allclose(plane.shares, model.explained_variance_ratio_, rtol=1e-5)
    gaps = pairwise_distances(found, plane.centers)
    assert plane.nearest[featured].tolist() == gaps.argmin(axis=1).tolist()
    assert (plane.nearest[~featured] == -1).all()


def test_a_plane_takes_three_images():
    with pytest.raises(ValueError, match="2 images"):
        project_to_plane(made_grouping(np.eye(3)[:2], [0, 1]))


def test_group_qualities_are_means_over_the_group():
    grouping = cloud()
    for quality in group_qualities(grouping):
        own = grouping.labels == quality.label
        gaps = np.linalg.norm(grouping.vectors[own] - grouping.vectors[own].mean(axis=0), axis=1)
        assert quality.size == own.sum()
        assert quality.spread == pytest.approx(gaps.mean(), rel=1e-5)
        assert quality.silhouette == pytest.approx(silhouettes(grouping)[own].mean())


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-1, 5)), min_size=1, max_size=40))
@settings(deadline=None)
def test_the_confusion_table_counts_as_scikit_learn_does(pairs):
    true, labels = zip(*pairs, strict=True)
    table = confusion(true, np.array(labels))
    order = [sorted(set(labels)).index(group) for group in table.groups]
    assert table.counts.tolist() == contingency_matrix(true, labels)[:, order].tolist()
    assert table.names == tuple(sorted(set(true)))
    assert sorted(table.groups) == sorted(set(labels))


def test_the_confusion_table_puts_the_best_matching_on_the_diagonal():
    table = confusion(list("aaabbbc"), np.array([5, 5, 2, 2, 2, 2, 9]))
    assert table.groups == (5, 2, 9)
    assert table.counts.tolist() == [[2, 1, 0], [0, 3, 0], [0, 0, 1]]
