"""Why is this photo here: numbers as scikit-learn and OpenCV give them, words as the vector has."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from imagegroup import CLASSIC, DEFAULT, group_images
from imagegroup.explanation import _grid_features, _words, explain
from imagegroup.grouping import observe_images
from imagegroup.images import read_image, read_photo
from imagegroup.matching import match_mutual, match_places
from imagegroup.orb import Features, describe_grid, extract_features
from imagegroup.samples import read_truth
from imagegroup.vectors import ENCODINGS

PATH = "chelsea/03.jpg"


@pytest.fixture(scope="module")
def grouping(album):
    return group_images(album, DEFAULT.with_values(k=12))


@pytest.fixture(scope="module")
def explanation(grouping):
    return explain(grouping, PATH)


def test_distances_are_those_of_scikit_learn(grouping, explanation):
    row = grouping.paths.index(PATH)
    vector = grouping.vectors[[row]].astype(float)
    gaps = pairwise_distances(vector, grouping.centers.astype(float))[0]
    own = grouping.labels[row]
    others = np.delete(np.arange(grouping.k), own)
    assert explanation.label == own
    assert explanation.next_label == others[gaps[others].argmin()]
    assert explanation.distance == pytest.approx(gaps[own], rel=1e-5)
    assert explanation.next_distance == pytest.approx(gaps[others].min(), rel=1e-5)
    assert explanation.margin == pytest.approx(gaps[others].min() - gaps[own], rel=1e-4)


def test_mates_are_the_nearest_of_the_group(grouping, explanation):
    row = grouping.paths.index(PATH)
    own = np.flatnonzero(grouping.labels == grouping.labels[row])
    model = NearestNeighbors(n_neighbors=4).fit(grouping.vectors[own])
    distances, found = model.kneighbors(grouping.vectors[[row]])
    wanted = [grouping.paths[own[i]] for i in found[0, 1:]]
    assert [mate.path for mate in explanation.mates] == wanted
    assert [mate.distance for mate in explanation.mates] == pytest.approx(
        distances[0, 1:], rel=1e-5
    )


@pytest.mark.parametrize("values", [{}, {"colour": 0}, {"encoding": "words"}, {"grid_step": 0}])
def test_what_the_words_and_the_colours_say_adds_up(album, values):
    grouping = group_images(album, DEFAULT.with_values(k=6, n_init=1, **values))
    row = grouping.paths.index(PATH)
    label, vector = grouping.labels[row], grouping.vectors[row]
    gaps = ((grouping.centers - vector) ** 2).sum(axis=1)
    rival = min(set(range(6)) - {label}, key=lambda other: gaps[other])
    gains = (vector - grouping.centers[rival]) ** 2 - (vector - grouping.centers[label]) ** 2
    sizes = [len(known[0]) for known in grouping.learned]
    width = {"vlad": 256, "words": 1}[grouping.recipe.encoding]
    parts = np.split(gains, np.cumsum(np.repeat(width, sum(sizes))))
    told = explain(grouping, PATH)
    assert told.colour_evidence == pytest.approx(parts[-1].sum(), abs=1e-6)
    total = told.next_distance**2 - told.distance**2
    assert sum(part.sum() for part in parts) == pytest.approx(total, rel=1e-3)
    number = {"keypoints": 0, "grid": sizes[0]}
    for word in told.words:
        part = parts[number[word.block] + word.word].sum()
        assert word.evidence == pytest.approx(part, rel=1e-5)
        assert part > 0
    evidences = [word.evidence for word in told.words]
    assert evidences == sorted(evidences, reverse=True)
    assert len(told.words) == 3


def test_what_was_learned_is_kept_and_gives_the_vectors_again(grouping, album):
    recipe, encoding = grouping.recipe, ENCODINGS[grouping.recipe.encoding]
    (seen,) = observe_images(album, [PATH], recipe)
    again = encoding.encode(seen, grouping.learned, recipe.orb, recipe.colour)
    assert np.array_equal(again, grouping.vectors[grouping.paths.index(PATH)])


def test_a_word_counts_the_descriptors_nearest_to_it(grouping, album, explanation):
    (seen,) = observe_images(album, [PATH], grouping.recipe)
    for word in explanation.words:
        block = {"keypoints": 0, "grid": 1}[word.block]
        bits = np.unpackbits(seen[block], axis=1, bitorder="little").astype(float)
        nearest = pairwise_distances(bits, grouping.learned[block][0]).argmin(axis=1)
        assert word.count == (nearest == word.word).sum()
        assert word.patches.shape == (min(6, word.count), 64, 64, 3)


def test_patches_are_cut_where_the_keypoint_lies_and_turned_upright():
    image = np.zeros((200, 200, 3), np.uint8)
    image[100:, :] = 255  # light below: the direction is 90 degrees, and turned upright, right
    lies = Features(
        keypoints=np.array([[60.0, 99.5]], np.float32),
        sizes=np.array([31], np.float32),
        angles=np.array([90], np.float32),
        descriptors=np.zeros((1, 32), np.uint8),
    )
    learned = [(np.zeros((1, 256), np.float32),)]
    grouping = type("Stub", (), {"recipe": DEFAULT, "learned": learned})
    (word,), _ = _words(grouping, np.ones(256), image, [lies])
    assert (word.patches[0][:, 34:] > 250).all()
    assert (word.patches[0][:, :30] < 5).all()


def test_the_grid_is_described_where_we_say():
    image = np.full((240, 320), 90, np.uint8)
    image[150:154, 60:64] = 250
    features = _grid_features(image, 8, DEFAULT.orb)
    assert np.array_equal(features.descriptors, describe_grid(image, 8, DEFAULT.orb))
    near = np.abs(features.keypoints - [61.5, 151.5]).max(axis=1) < 22
    assert features.descriptors.any(axis=1)[near].any()
    assert not features.descriptors.any(axis=1)[~near].any()
    twice = _grid_features(cv2.resize(image, (640, 480)), 8, DEFAULT.orb)
    assert np.array_equal(twice.keypoints, features.keypoints * 2 + 0.5)


def test_matches_are_those_of_opencv(album):
    a, b = (extract_features(read_image(album / f"chelsea/0{i}.jpg")) for i in (1, 2))
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    there = matcher.knnMatch(a.descriptors, b.descriptors, k=2)
    back = {m.queryIdx: m for m in matcher.match(b.descriptors, a.descriptors)}
    wanted = {
        (m.queryIdx, m.trainIdx)
        for m, second in there
        if m.distance < 0.8 * second.distance and back[m.trainIdx].distance == m.distance
    }
    pairs = {tuple(pair) for pair in match_mutual(a.descriptors, b.descriptors).tolist()}
    assert pairs <= wanted  # of equally near ones OpenCV's mutual nearest may be another
    assert len(pairs) > 0.98 * len(wanted) > 50


def test_matches_that_agree_are_right_by_the_known_homography(album, explanation):
    truth = read_truth(album)
    for mate in explanation.mates:
        homography = np.linalg.inv(truth[mate.path]) @ truth[PATH]
        there = cv2.perspectiveTransform(mate.points[None].astype(float), homography)[0]
        right = np.linalg.norm(there - mate.mate_points, axis=1) < 8
        assert mate.agree.sum() > 50
        assert right[mate.agree].mean() > 0.95


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 5), (5, 0), (5, 1), (3, 3)])
def test_few_features_match_or_not_without_a_complaint(n, m):
    rng = np.random.default_rng(0)
    sides = [
        Features(
            keypoints=rng.random((count, 2), np.float32),
            descriptors=rng.integers(0, 256, (count, 32), np.uint8),
        )
        for count in (n, m)
    ]
    points, mate_points, agree = match_places(*sides)
    assert points.shape == mate_points.shape == (len(agree), 2)
    assert not agree.any()


def test_other_encodings_have_no_words(album):
    grouping = group_images(album, CLASSIC.with_values(k=3))
    path = next(p for p, label in zip(grouping.paths, grouping.labels, strict=True) if label >= 0)
    told = explain(grouping, path)
    assert told.words == ()
    assert told.colour_evidence == 0
    assert all(len(mate.points) == len(mate.agree) for mate in told.mates)


def test_a_single_group_has_no_next(album):
    told = explain(group_images(album, DEFAULT.with_values(k=1)), PATH)
    assert (told.next_label, told.next_distance, told.words) == (-1, np.inf, ())
    assert not any("next" in line for line in told.lines())


def test_the_picture_is_the_photo_in_colour(album, explanation):
    photo = read_photo(album / PATH, DEFAULT.max_side, colour=True)
    assert np.array_equal(explanation.image, photo.image)


def test_lines_say_the_numbers(explanation):
    text = "\n".join(explanation.lines())
    for number in (explanation.distance, explanation.next_distance, explanation.margin):
        assert f"{number:.3f}" in text
    assert text.count("Nearest:") == 3
    assert f"{explanation.mates[0].agree.sum()} of them" in text


def test_what_cannot_be_explained_is_said_in_one_line(grouping):
    with pytest.raises(ValueError, match=r"nothing\.jpg is not among the 96 images"):
        explain(grouping, "nothing.jpg")
    row = grouping.paths.index(PATH)
    labels = np.where(np.arange(96) == row, -1, grouping.labels)
    with pytest.raises(ValueError, match="has no features"):
        explain(dataclasses.replace(grouping, labels=labels), PATH)


def test_photos_that_went_away(grouping, tmp_path, album):
    moved = dataclasses.replace(grouping, folder=tmp_path)
    with pytest.raises(ValueError, match=r"chelsea/03\.jpg cannot be read any more: vanished"):
        explain(moved, PATH)
    (tmp_path / "chelsea").mkdir()
    (tmp_path / PATH).write_bytes((album / PATH).read_bytes())
    assert explain(moved, PATH).mates == ()
