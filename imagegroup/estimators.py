"""scikit-learn shells: they store arguments and call the functions of the package.

A pipeline is OrbExtractor, then one of Flatten, BagOfWords and Vlad, then any clusterer:

>>> from sklearn.cluster import KMeans
>>> from sklearn.pipeline import Pipeline
>>> steps = [("orb", OrbExtractor()), ("vectors", Vlad(n_words=8)), ("groups", KMeans(2))]
>>> Pipeline(steps).set_params(orb__fast_threshold=10)["orb"].fast_threshold
10

GridSearchCV needs one fold that holds all images, `cv=[(rows, rows)]`, and a score that needs no
prediction for new images, such as `silhouette_scorer`: K-means groups the images it is fitted to.
Images that it had not seen would ask something else (to which group does a new photo belong?),
and their ARI would be that of a smaller collection.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from imagegroup.images import read_image
from imagegroup.names import display_name
from imagegroup.orb import Features, OrbParams, extract_features
from imagegroup.skips import Skipped
from imagegroup.vectors import encode_vlad, encode_words
from imagegroup.vocabulary import learn_idf, learn_vocabulary

_KNOBS = OrbParams()


class OrbExtractor(TransformerMixin, BaseEstimator):
    """Turn paths or images into a list of Features, one for each; nothing is learned.

    Parameters
    ----------
    n_features, scale_factor, n_levels, edge_threshold, first_level, wta_k, score_type, \
patch_size, fast_threshold
        As `OrbParams` takes them, with its defaults; checked when they are used.
    max_side : int, px
        Long side at which files are read; 0 for full size. Images given as arrays stay as they are.

    Examples
    --------
    >>> image = np.zeros((128, 128), np.uint8)
    >>> image[40, 50] = 255
    >>> [features] = OrbExtractor(n_levels=1).fit_transform([image])
    >>> features.keypoints.tolist()
    [[50.0, 40.0]]
    """

    def __init__(
        self,
        *,
        n_features: int = _KNOBS.n_features,
        scale_factor: float = _KNOBS.scale_factor,
        n_levels: int = _KNOBS.n_levels,
        edge_threshold: int = _KNOBS.edge_threshold,
        first_level: int = _KNOBS.first_level,
        wta_k: int = _KNOBS.wta_k,
        score_type: str = _KNOBS.score_type,
        patch_size: int = _KNOBS.patch_size,
        fast_threshold: int = _KNOBS.fast_threshold,
        max_side: int = 0,
    ) -> None:
        self.n_features = n_features
        self.scale_factor = scale_factor
        self.n_levels = n_levels
        self.edge_threshold = edge_threshold
        self.first_level = first_level
        self.wta_k = wta_k
        self.score_type = score_type
        self.patch_size = patch_size
        self.fast_threshold = fast_threshold
        self.max_side = max_side

    def fit(self, X: Sequence, y: object = None) -> OrbExtractor:
        """Check the parameters; nothing is learned."""
        self._params()
        return self

    def transform(self, X: Sequence[str | os.PathLike | np.ndarray]) -> list[Features]:
        """Extract the features of each path or (H, W) uint8 image.

        Raises
        ------
        ValueError
            A file cannot be read, which the message names; an array is no grey image.
        """
        params = self._params()
        return [extract_features(self._image(item), params) for item in _items(X)]

    def _params(self) -> OrbParams:
        names = [field.name for field in dataclasses.fields(OrbParams)]
        return OrbParams(**{name: getattr(self, name) for name in names})

    def _image(self, item: str | os.PathLike | np.ndarray) -> np.ndarray:
        if not isinstance(item, (str, os.PathLike)):
            return item
        try:
            return read_image(item, self.max_side)
        except Skipped as skipped:
            raise ValueError(f"{display_name(item)}: {skipped}") from None

    def __sklearn_tags__(self):
        """Say that images and paths are no table of numbers, and that nothing is fitted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        tags.requires_fit = False
        return tags


class _FeaturesToVectors(TransformerMixin, BaseEstimator):
    """What the three encodings share: lists of Features in, a matrix out."""

    def fit(self, X: Sequence[Features], y: object = None):
        """Learn from the Features of a collection what the encoding needs; checks the input."""
        self._learn([features.descriptors for features in _features(X)])
        return self

    def transform(self, X: Sequence[Features]) -> np.ndarray:
        """Encode the Features of each image as one row, zeros where there are no features."""
        check_is_fitted(self)
        return np.array([self._encode(features.descriptors) for features in _features(X)])

    def __sklearn_tags__(self):
        """Say that lists of Features are no table of numbers, and have no dtype to keep."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        tags.no_validation = True
        return tags


class BagOfWords(_FeaturesToVectors):
    """Count the visual words of each image; see `learn_vocabulary`, `learn_idf`, `encode_words`.

    Parameters
    ----------
    n_words : int
    random_state : int

    Attributes
    ----------
    vocabulary_ : (n_words, 256) float32
    idf_ : (n_words,) float32
    """

    def __init__(self, n_words: int = 256, random_state: int = 0) -> None:
        self.n_words = n_words
        self.random_state = random_state

    def _learn(self, samples: list[np.ndarray]) -> None:
        self.vocabulary_ = learn_vocabulary(samples, self.n_words, self.random_state)
        self.idf_ = learn_idf(samples, self.vocabulary_)

    def _encode(self, descriptors: np.ndarray) -> np.ndarray:
        return encode_words(descriptors, self.vocabulary_, self.idf_)


class Vlad(_FeaturesToVectors):
    """Sum what descriptors differ by from their words; see `learn_vocabulary`, `encode_vlad`.

    Parameters
    ----------
    n_words : int
    random_state : int

    Attributes
    ----------
    vocabulary_ : (n_words, 256) float32
    """

    def __init__(self, n_words: int = 16, random_state: int = 0) -> None:
        self.n_words = n_words
        self.random_state = random_state

    def _learn(self, samples: list[np.ndarray]) -> None:
        self.vocabulary_ = learn_vocabulary(samples, self.n_words, self.random_state)

    def _encode(self, descriptors: np.ndarray) -> np.ndarray:
        return encode_vlad(descriptors, self.vocabulary_)


class Flatten(_FeaturesToVectors):
    """Put the first descriptors of an image one after the other, as the post does.

    A pipeline keeps one row an image, so an image with fewer ends in zeros, where the encoding
    `flatten` of a recipe leaves it out of the groups.

    Parameters
    ----------
    n_features : int
        Descriptors to take of each image.

    Attributes
    ----------
    n_numbers_ : int
        Numbers in a row: 32 bytes a descriptor.
    """

    def __init__(self, n_features: int = 800) -> None:
        self.n_features = n_features

    def _learn(self, samples: list[np.ndarray]) -> None:
        if self.n_features < 1:
            raise ValueError(f"n_features={self.n_features}: expected a whole number from 1.")
        self.n_numbers_ = 32 * self.n_features

    def _encode(self, descriptors: np.ndarray) -> np.ndarray:
        row = np.zeros(self.n_numbers_, np.float32)
        taken = descriptors[: self.n_features].ravel()
        row[: taken.size] = taken
        return row


def silhouette_scorer(pipeline, X: Sequence, y: object = None) -> float:
    """Score a fitted pipeline that ends in a clusterer: the mean silhouette of its groups.

    Give it as `scoring` to GridSearchCV, with one fold that holds all images. The vectors change
    with the parameters, and a silhouette compares vectors with themselves: where labels are known,
    score them instead. -1 when there are fewer than 2 groups, or one for each image.

    Parameters
    ----------
    pipeline : fitted sklearn.pipeline.Pipeline
    X : the images or paths it was fitted to
    """
    from sklearn.metrics import silhouette_score

    vectors, labels = pipeline[:-1].transform(X), pipeline[-1].labels_
    if not 2 <= len(set(labels)) < len(labels):
        return -1.0
    return float(silhouette_score(vectors, labels))


def ari_scorer(pipeline, X: Sequence, y: Sequence) -> float:
    """Score a fitted pipeline that ends in a clusterer against known labels y, by the ARI."""
    from imagegroup.evaluate import score_labels

    return score_labels(y, pipeline[-1].labels_).ari


def _items(X: object) -> Sequence:
    if isinstance(X, (str, bytes, os.PathLike)) or not isinstance(X, Iterable):
        raise ValueError(f"X is {type(X).__name__}: expected a list of paths or of grey images.")
    return list(X)


def _features(X: object) -> Sequence[Features]:
    items = list(X) if isinstance(X, Iterable) else [X]
    for item in items:
        if not isinstance(item, Features):
            raise ValueError(
                f"X holds {type(item).__name__}: expected a list of Features, "
                "as OrbExtractor().transform(images) returns it."
            )
    if not items:
        raise ValueError("X is empty: expected the Features of at least one image.")
    return items
