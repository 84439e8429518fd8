"""Scores of groups against plain restatements."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import statistics
from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup.evaluate import score_folder, score_labels, true_labels
from imagegroup.grouping import group_images
from imagegroup.recipes import DEFAULT

LABELLED = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-1, 2)), min_size=2, max_size=20
).map(lambda rows: tuple(zip(*rows, strict=True)))
QUICK = replace(DEFAULT, encoding="thumbnail", ks=(2, 3, 4, 5))


def accuracy_by_trial(true, predicted) -> float:
    """Try every way to give each group a label of its own, or none."""
    labels, groups = sorted(set(true)), sorted(set(predicted))
    names = labels + [None] * len(groups)
    best = 0
    for chosen in set(itertools.permutations(names, len(groups))):
        of = dict(zip(groups, chosen, strict=True))
        best = max(best, sum(of[p] == t for t, p in zip(true, predicted, strict=True)))
    return best / len(true)


def ari_by_pairs(true, predicted) -> float:
    """Count the pairs of images that are together; expectation over all relabellings."""
    pairs = list(itertools.combinations(range(len(true)), 2))
    same_true = sum(true[i] == true[j] for i, j in pairs)
    same_found = sum(predicted[i] == predicted[j] for i, j in pairs)
    both = sum(true[i] == true[j] and predicted[i] == predicted[j] for i, j in pairs)
    expected = same_true * same_found / len(pairs)
    largest = (same_true + same_found) / 2
    return 1.0 if largest == expected else (both - expected) / (largest - expected)


def nmi_by_entropy(true, predicted) -> float:
    def entropy(values) -> float:
        shares = [count / len(values) for count in Counter(values).values()]
        return -sum(share * math.log(share) for share in shares)

    h_true, h_found = entropy(true), entropy(predicted)
    shared = h_true + h_found - entropy(list(zip(true, predicted, strict=True)))
    return 1.0 if h_true == h_found == 0 else shared / ((h_true + h_found) / 2)


@given(LABELLED)
@settings(max_examples=60, deadline=None)
def test_scores_equal_their_plain_statements(labelled):
    true, predicted = labelled
    scores = score_labels(true, predicted)
    assert scores.ari == pytest.approx(ari_by_pairs(true, predicted), abs=1e-9)
    assert scores.nmi == pytest.approx(nmi_by_entropy(true, predicted), abs=1e-9)
    assert scores.accuracy == pytest.approx(accuracy_by_trial(true, predicted))


@given(LABELLED, st.permutations([-1, 0, 1, 2]))
@settings(max_examples=30, deadline=None)
def test_names_of_groups_do_not_matter(labelled, names):
    true, predicted = labelled
    renamed = score_labels(true, [names[p + 1] for p in predicted])
    assert astuple(renamed) == pytest.approx(astuple(score_labels(true, predicted)))


def test_images_without_features_are_one_group():
    """All correct but for one image without features: it is a wrong group, not left out."""
    assert score_labels(["a", "a", "b", "b"], [0, 0, 1, -1]).accuracy == 0.75
    assert score_labels(["a", "a", "b", "b"], [0, 0, -1, -1]).ari == 1


@pytest.mark.parametrize(("true", "predicted"), [([], []), (["a"], [0, 1])])
def test_labels_that_do_not_pair_up_are_refused(true, predicted):
    with pytest.raises(ValueError, match="expected one of each for every image"):
        score_labels(true, predicted)


def test_true_label_is_the_first_folder():
    assert true_labels(["a/1.jpg", "a/b/1.jpg", "c d/1.jpg"]) == ["a", "a", "c d"]
    with pytest.raises(ValueError, match=r"^top\.jpg lies in no sub-folder: "):
        true_labels(["a/1.jpg", "top.jpg"])


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, album: Path) -> Path:
    """Three groups of four, a blank image, a file that is no image."""
    folder = tmp_path_factory.mktemp("labelled")
    for group in ("coins", "coffee", "flower"):
        shutil.copytree(album / group, folder / group, ignore=lambda _, names: sorted(names)[4:])
    (folder / "coins/notes.jpg").write_text("not an image")
    cv2.imwrite(str(folder / "coffee/blank.png"), np.full((100, 100), 128, np.uint8))
    return folder


def test_score_folder_equals_one_grouping_a_seed(labelled):
    recipe = replace(DEFAULT, n_words=8, k=5, n_init=1, grid_step=0)
    result = score_folder(labelled, recipe, seeds=3)
    runs = [group_images(labelled, replace(recipe, random_state=seed)) for seed in range(3)]
    scores = [score_labels([p.split("/")[0] for p in run.paths], run.labels) for run in runs]
    assert result["n"] == 13
    assert result["labels_true"] == 3
    assert result["no_features"] == 1
    assert [s["path"] for s in result["skipped"]] == ["coins/notes.jpg"]
    assert result["k"] == [run.k for run in runs]
    assert len(set(result["ari"]["values"])) > 1
    for name in ("ari", "nmi", "accuracy"):
        values = [getattr(score, name) for score in scores]
        assert result[name]["values"] == values
        assert result[name]["mean"] == pytest.approx(statistics.mean(values))
        assert result[name]["sd"] == pytest.approx(statistics.stdev(values))


def test_score_folder_reads_each_image_once(labelled, monkeypatch):
    from imagegroup import evaluate

    read = []

    def counted(folder, paths, *rest):
        read.extend(paths)
        return observe_images(folder, paths, *rest)

    observe_images = evaluate.observe_images
    monkeypatch.setattr(evaluate, "observe_images", counted)
    score_folder(labelled, QUICK, seeds=4)
    assert len(read) == len(set(read)) >= 13


def test_score_folder_takes_the_true_k_and_gives_plain_json(labelled):
    result = score_folder(labelled, replace(QUICK, k="silhouette"), seeds=1, k_true=True)
    assert result["k"] == [3]
    assert result["recipe"]["k"] == 3
    assert result["ari"]["sd"] == 0
    assert json.loads(json.dumps(result))["ari"] == result["ari"]


def test_score_folder_says_what_it_needs(tmp_path, labelled):
    with pytest.raises(ValueError, match="expected a whole number from 1"):
        score_folder(labelled, seeds=0)
    with pytest.raises(ValueError, match="holds no image that can be read"):
        score_folder(tmp_path)
    shutil.copy(labelled / "coins/00.jpg", tmp_path / "top.jpg")
    with pytest.raises(ValueError, match=r"top\.jpg lies in no sub-folder"):
        score_folder(tmp_path)
