"""One image becomes one vector, so that K-means can compare images.

Every encoding has the same three steps: `observe` keeps what matters of one photo, `learn` looks
at a bounded sample of the collection, `encode` turns one observation into one vector. A vector
depends on its image and on what was learned, never on the other images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from imagegroup.baselines import colour_histogram, grey_histogram, thumbnail
from imagegroup.exact import EXPONENT, product, whole_sum
from imagegroup.images import Photo, shrink
from imagegroup.orb import OrbParams, describe_grid, extract_descriptors
from imagegroup.process import one_thread
from imagegroup.vocabulary import (
    WORD_STEPS,
    learn_idf,
    learn_vocabulary,
    nearest_words,
    unpack_bits,
    word_steps,
)

Observation = tuple[np.ndarray, ...]
"""What is kept of one photo until it is encoded: for ORB encodings its descriptors, by block."""
Learned = list[tuple[np.ndarray, ...]]
"""For each block of descriptors a vocabulary (`vlad`), or a vocabulary and its idf (`words`)."""

_LENGTH_BITS = 32
"""Shares of a length are rounded to 2**-32 before they are summed."""
GRID_SIDE = 320
"""Long side, in px, at which the dense grid is described: a patch then covers a tenth of it."""


@dataclass(frozen=True)
class Encoding:
    """The three steps of one way to turn an image into a vector.

    Attributes
    ----------
    observe : callable (photo, orb, grid_step) -> Observation
        `photo` is grey; it has a swatch when colours count.
    learn : callable (observations, n_words, random_state) -> Learned
    encode : callable (observation, learned, orb, colour_weight) -> (d,) vector or None
        None when the image has no features.
    """

    observe: Callable[[Photo, OrbParams, int], Observation]
    learn: Callable[[Sequence[Observation], int, int], Learned]
    encode: Callable[[Observation, Learned, OrbParams, float], np.ndarray | None]


def encode_vlad(descriptors: np.ndarray, vocabulary: np.ndarray) -> np.ndarray:
    """Encode descriptors as a VLAD: for each word, the sum of what its descriptors differ by.

    Parameters
    ----------
    descriptors : (n, 32) uint8
    vocabulary : (n_words, 256) float32

    Returns
    -------
    (n_words * 256,) float32
        Each word's sum is scaled to length 1, then signed square roots, then length 1 over all;
        zeros when n = 0.

    References
    ----------
    Jegou et al., Aggregating local descriptors into a compact image representation, CVPR 2010,
    doi:10.1109/CVPR.2010.5540039.

    Examples
    --------
    One word at 0.5 everywhere, one descriptor of ones: 256 residuals of 0.5, scaled to
    1 / sqrt(256) = 0.0625 each.

    >>> ones = np.full((1, 32), 255, np.uint8)
    >>> float(encode_vlad(ones, np.full((1, 256), 0.5, np.float32))[0])
    0.0625
    """
    bits = unpack_bits(descriptors).astype(np.float32)
    words = word_steps(vocabulary)
    own = nearest_words(bits, vocabulary) == np.arange(len(words))[:, None]
    member = own.astype(np.float32)  # (n_words, n), 1 where the descriptor belongs to the word
    counts = own.sum(axis=1, keepdims=True)
    # For each word, the sum of bits minus as many times the word: whole numbers of 256ths.
    sums = WORD_STEPS * product(member, bits).astype(np.float64) - counts * words
    squares = np.square(sums.astype(np.int64)).sum(axis=1, keepdims=True)
    lengths = np.sqrt(np.maximum(squares, 1))
    # After signed roots, the squared length over all is the sum of |s| / length, word by word.
    total = whole_sum(np.abs(sums).sum(axis=1) / lengths[:, 0], _LENGTH_BITS) or 1.0
    vlad = np.sign(sums) * np.sqrt(np.abs(sums) / lengths / total)
    return vlad.ravel().astype(np.float32)


def encode_words(descriptors: np.ndarray, vocabulary: np.ndarray, idf: np.ndarray) -> np.ndarray:
    """Encode descriptors as a bag of visual words: how many fall to each word.

    Parameters
    ----------
    descriptors : (n, 32) uint8
    vocabulary : (n_words, 256) float32
    idf : (n_words,) float32
        Weight of each word, see `learn_idf`.

    Returns
    -------
    (n_words,) float32
        Counts times idf, then square roots, so that frequent words do not drown the rare ones,
        then length 1 over all; zeros when n = 0.

    References
    ----------
    Sivic and Zisserman, Video Google, ICCV 2003, doi:10.1109/ICCV.2003.1238663.

    Examples
    --------
    Nine descriptors of the one word, sixteen of the other: square roots 3 and 4, length 5.

    >>> bag = np.repeat(np.uint8([[0], [255]]), [9, 16], axis=0).repeat(32, axis=1)
    >>> words = np.stack([np.zeros(256), np.ones(256)]).astype(np.float32)
    >>> encode_words(bag, words, idf=np.ones(2, np.float32))
    array([0.6, 0.8], dtype=float32)
    """
    words = nearest_words(unpack_bits(descriptors), vocabulary)
    counts = (words == np.arange(len(vocabulary))[:, None]).sum(axis=1)
    # The squared length of the roots is the sum of what they are roots of.
    weights = counts * idf.astype(np.float64)
    total = whole_sum(weights, _LENGTH_BITS) or 1.0
    return np.sqrt(weights / total).astype(np.float32)


def _is_local(blocks: Sequence[np.ndarray]) -> bool:
    return blocks[0].dtype == np.uint8  # descriptors; the colour histogram is float32


def _observe_keypoints(photo: Photo, orb: OrbParams, grid_step: int) -> Observation:
    return (extract_descriptors(photo.image, orb),)


def _observe_local(photo: Photo, orb: OrbParams, grid_step: int) -> Observation:
    blocks = [extract_descriptors(photo.image, orb)]
    if grid_step:
        blocks.append(describe_grid(shrink(photo.image, GRID_SIDE), grid_step, orb))
    if photo.swatch is not None:
        blocks.append(colour_histogram(photo.swatch))
    return tuple(blocks)


def _observe_thumbnail(photo: Photo, orb: OrbParams, grid_step: int) -> Observation:
    return (thumbnail(photo.image),)


def _observe_histogram(photo: Photo, orb: OrbParams, grid_step: int) -> Observation:
    return (grey_histogram(photo.image),)


def _learn_nothing(observations: Sequence[Observation], n_words: int, seed: int) -> Learned:
    return []


def _learn_vlad(observations: Sequence[Observation], n_words: int, seed: int) -> Learned:
    learn = partial(learn_vocabulary, n_words=n_words, random_state=seed)
    with one_thread(), ThreadPoolExecutor() as pool:  # a thread a block
        return [(v,) for v in pool.map(learn, filter(_is_local, zip(*observations, strict=True)))]


def _learn_words(observations: Sequence[Observation], n_words: int, seed: int) -> Learned:
    blocks = filter(_is_local, zip(*observations, strict=True))
    vocabularies = _learn_vlad(observations, n_words, seed)
    return [(v, learn_idf(block, v)) for block, (v,) in zip(blocks, vocabularies, strict=True)]


def _encode_flatten(seen: Observation, _: Learned, orb: OrbParams, __: float) -> np.ndarray | None:
    # Concatenated descriptors have one length only when their number is exactly the one asked for.
    return seen[0].ravel() if len(seen[0]) == orb.n_features else None


def _encode_bits(seen: Observation, _: Learned, orb: OrbParams, __: float) -> np.ndarray | None:
    return unpack_bits(seen[0]).ravel() if len(seen[0]) == orb.n_features else None


def _encode_blocks(
    seen: Observation, learned: Learned, _: OrbParams, colour_weight: float, encode: Callable
) -> np.ndarray | None:
    if not len(seen[0]):
        return None
    blocks = [encode(block, *known) for block, known in zip(seen, learned, strict=False)]
    if len(seen) > len(learned):  # the colour histogram comes last
        blocks.append(colour_weight * seen[-1].astype(np.float64))
    steps = np.rint(np.ldexp(np.concatenate(blocks), EXPONENT))
    return np.ldexp(steps, -EXPONENT).astype(np.float32) + np.float32(0)  # -0.0 becomes 0.0


def _encode_as_seen(seen: Observation, _: Learned, orb: OrbParams, __: float) -> np.ndarray:
    return seen[0]


ENCODINGS: dict[str, Encoding] = {
    "flatten": Encoding(_observe_keypoints, _learn_nothing, _encode_flatten),
    "bits": Encoding(_observe_keypoints, _learn_nothing, _encode_bits),
    "words": Encoding(_observe_local, _learn_words, partial(_encode_blocks, encode=encode_words)),
    "vlad": Encoding(_observe_local, _learn_vlad, partial(_encode_blocks, encode=encode_vlad)),
    "thumbnail": Encoding(_observe_thumbnail, _learn_nothing, _encode_as_seen),
    "histogram": Encoding(_observe_histogram, _learn_nothing, _encode_as_seen),
}
"""By name. `flatten` is the post's, `vlad` the default; the last two are baselines."""
