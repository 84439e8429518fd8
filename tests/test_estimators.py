"""The scikit-learn shells: scikit-learn's own checks, its tools, and the functions they call."""

from __future__ import annotations

import dataclasses
import inspect
import zlib

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

from imagegroup.estimators import (
    BagOfWords,
    Flatten,
    OrbExtractor,
    Vlad,
    ari_scorer,
    silhouette_scorer,
)
from imagegroup.grouping import group_images
from imagegroup.images import list_folder, read_image
from imagegroup.orb import Features, OrbParams, extract_features
from imagegroup.recipes import Recipe
from imagegroup.vectors import encode_vlad
from imagegroup.vocabulary import learn_vocabulary

SHELLS = (OrbExtractor, BagOfWords, Vlad, Flatten)
GROUPS = ("brick", "coffee", "rocket")


def noise(row: np.ndarray) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(np.round(row.astype(float), 6).tobytes()))


def image_of(row: np.ndarray) -> np.ndarray:
    return noise(row).integers(0, 256, (96, 96), dtype=np.uint8)


def features_of(row: np.ndarray) -> Features:
    return Features(descriptors=noise(row).integers(0, 256, (5, 32), dtype=np.uint8))


class FromTable:
    """scikit-learn's checks give tables of numbers: make each row an image, or Features."""

    def fit(self, X, y=None):
        return super().fit(list(map(self.item, validate_data(self, X))))

    def transform(self, X):
        found = super().transform(list(map(self.item, validate_data(self, X, reset=False))))
        if isinstance(found, np.ndarray):
            return found
        return np.array([[len(f), f.descriptors.sum(dtype=float)] for f in found])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.no_validation = True, False
        return tags


class OrbTable(FromTable, OrbExtractor):
    item = staticmethod(image_of)


class WordsTable(FromTable, BagOfWords):
    item = staticmethod(features_of)


class VladTable(FromTable, Vlad):
    item = staticmethod(features_of)


class FlattenTable(FromTable, Flatten):
    item = staticmethod(features_of)


@pytest.mark.parametrize("shell", [OrbTable, WordsTable, VladTable, FlattenTable])
def test_scikit_learns_own_checks_pass(shell):
    """All of them, through an adapter; the one exception: without it, they would see no images."""
    results = check_estimator(shell(), on_skip=None, on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}  # needs SCIPY_ARRAY_API in the environment
    assert len(results) >= 40


@pytest.mark.filterwarnings("ignore:Can't test estimator")  # it says that it needs a table
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shells_say_that_they_take_no_table(shell):
    tags = shell().__sklearn_tags__()
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit == (shell is not OrbExtractor)
    check_estimator(shell())


def test_parameters_are_those_of_orb_params():
    given = inspect.signature(OrbExtractor).parameters
    knobs = {field.name: field.default for field in dataclasses.fields(OrbParams)}
    assert {name: p.default for name, p in given.items() if name != "max_side"} == knobs
    assert list(given)[:-1] == list(knobs)
    assert inspect.signature(Vlad).parameters["n_words"].default == Recipe().n_words


@pytest.fixture(scope="module")
def photos(album):
    return [str(album / group / f"{view:02d}.jpg") for group in GROUPS for view in range(4)]


def pipeline(**memory) -> Pipeline:
    steps = [
        ("orb", OrbExtractor(n_features=200)),
        ("vlad", Vlad(n_words=4)),
        ("groups", KMeans(3, n_init=3, random_state=0)),
    ]
    return Pipeline(steps, **memory)


def test_a_pipeline_groups_photos_as_the_functions_do(photos):
    images = [read_image(path) for path in photos]
    samples = [extract_features(i, OrbParams(n_features=200)).descriptors for i in images]
    vocabulary = learn_vocabulary(samples, 4)
    vectors = np.array([encode_vlad(s, vocabulary) for s in samples])
    fitted = pipeline().fit(photos)
    assert np.array_equal(fitted[:-1].transform(images), vectors)
    assert (
        fitted[-1].labels_.tolist()
        == KMeans(3, n_init=3, random_state=0).fit(vectors).labels_.tolist()
    )
    assert ari_scorer(fitted, photos, np.repeat(GROUPS, 4)) == 1


def test_vlad_equals_a_recipes_vectors(album):
    """The same vectors as the main flow: one block, no grid, no colour."""
    recipe = Recipe(grid_step=0, colour=0, max_side=0, n_words=4, k=3, n_init=1)
    grouping = group_images(album, recipe)
    paths = [album / path for path in grouping.paths]
    assert grouping.paths == tuple(p for p in list_folder(album).paths if p.endswith("jpg"))
    orb = OrbExtractor(**dataclasses.asdict(recipe.orb))
    features = orb.transform(paths)
    vectors = Vlad(n_words=4).fit_transform(features)
    assert np.abs(vectors - grouping.vectors).max() <= 0.5001 / 2**11  # the flow rounds to 2**-11


def test_clone_set_params_and_memory(photos, tmp_path):
    whole = pipeline(memory=str(tmp_path))
    other = clone(whole).set_params(orb__fast_threshold=5, vlad__n_words=2)
    assert other["orb"].fast_threshold == 5
    assert whole["orb"].fast_threshold == OrbParams().fast_threshold
    first = whole.fit(photos)[-1].labels_
    assert any(tmp_path.rglob("output.pkl"))
    assert np.array_equal(clone(whole).fit(photos)[-1].labels_, first)


@pytest.mark.parametrize("scorer", [silhouette_scorer, ari_scorer])
def test_grid_search_with_one_fold(photos, scorer):
    rows = np.arange(len(photos))
    grid = {"orb__n_features": [20, 200], "vlad__n_words": [2, 4]}
    search = GridSearchCV(pipeline(), grid, scoring=scorer, cv=[(rows, rows)], error_score="raise")
    search.fit(photos, np.repeat(GROUPS, 4))
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 4
    assert search.best_score_ == max(scores)
    again = clone(search.best_estimator_).fit(photos)
    assert scorer(again, photos, np.repeat(GROUPS, 4)) == pytest.approx(search.best_score_)


def test_flatten_takes_the_first_and_fills_up():
    few, many = np.full((2, 32), 7, np.uint8), np.arange(96, dtype=np.uint8).reshape(3, 32)
    rows = Flatten(n_features=3).fit_transform([Features(descriptors=d) for d in (few, many)])
    assert rows[0].tolist() == [7] * 64 + [0] * 32
    assert rows[1].tolist() == list(range(96))


@pytest.mark.parametrize("shell", [Vlad(n_words=2), BagOfWords(n_words=2), Flatten(n_features=2)])
def test_an_image_without_features_is_a_row_of_zeros(shell, photo):
    rows = shell.fit_transform([extract_features(photo), Features()])
    assert rows.shape[0] == 2
    assert rows[0].any()
    assert not rows[1].any()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: OrbExtractor().transform("photo.jpg"), "expected a list of paths"),
        (lambda: OrbExtractor().transform(["no such.jpg"]), r"no such\.jpg: vanished"),
        (lambda: OrbExtractor(n_levels=0).fit([]), "n_levels=0: expected a value from 1"),
        (lambda: Vlad().fit(np.eye(3)), "expected a list of Features"),
        (lambda: Vlad().fit([]), "at least one image"),
        (lambda: Flatten(n_features=0).fit([Features()]), "n_features=0"),
    ],
)
def test_what_the_user_can_mend(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_one_group_has_no_silhouette(photos):
    fitted = pipeline().set_params(groups__n_clusters=1).fit(photos)
    assert silhouette_scorer(fitted, photos) == -1
