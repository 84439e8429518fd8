"""One image becomes one vector, so that K-means can compare images.

Every encoding has the same three steps: `observe` keeps what matters of one photo, `learn` looks
at a bounded sample of the collection, `encode` turns one observation into one vector. A vector
depends on its image and on what was learned, never on the other images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from imagegroup.images import Photo, shrink
from imagegroup.orb import OrbParams, describe_grid, extract_features

Observation = tuple[np.ndarray, ...]
"""What is kept of one photo until it is encoded: for ORB encodings its descriptors, by block."""

SAMPLE_DESCRIPTORS = 20_000
"""Descriptors a vocabulary is learned from, at most."""
GRID_SIDE = 320
"""Long side, in px, at which the dense grid is described: a patch then covers a tenth of it."""


@dataclass(frozen=True)
class Encoding:
    """The three steps of one way to turn an image into a vector.

    Attributes
    ----------
    observe : callable (photo, orb, grid_step, colour) -> Observation
        `photo` is RGB when `colour` is true, else grey.
    learn : callable (observations, n_words, random_state) -> list of (n_words, 256) float32
        One vocabulary a block; an empty list for encodings that learn nothing.
    encode : callable (observation, vocabularies, orb, colour_weight) -> (d,) vector or None
        None when the image has no features.
    """

    observe: Callable[[Photo, OrbParams, int, bool], Observation]
    learn: Callable[[Sequence[Observation], int, int], list[np.ndarray]]
    encode: Callable[[Observation, list[np.ndarray], OrbParams, float], np.ndarray | None]


def unpack_bits(descriptors: np.ndarray) -> np.ndarray:
    """Unpack descriptor bytes into bits; bit i of a descriptor becomes column i.

    Parameters
    ----------
    descriptors : (n, 32) uint8

    Returns
    -------
    (n, 256) uint8, zeros and ones
        Their squared Euclidean distance is the Hamming distance of the descriptors.

    Examples
    --------
    127 and 128 differ by 1 as numbers and in all 8 bits as descriptors.

    >>> pair = np.zeros((2, 32), np.uint8)
    >>> pair[:, 0] = 127, 128
    >>> first, second = unpack_bits(pair).astype(int)
    >>> int(((first - second) ** 2).sum())
    8
    """
    return np.unpackbits(descriptors, axis=1, bitorder="little")


def learn_vocabulary(
    samples: Sequence[np.ndarray], n_words: int, random_state: int = 0
) -> np.ndarray:
    """Learn visual words: K-means on the bits of descriptors of many images.

    Parameters
    ----------
    samples : sequence of (n_i, 32) uint8
        Descriptors, image by image; every image gives its share, at most 20,000 in all.
    n_words : int
    random_state : int

    Returns
    -------
    (n_words, 256) float32 in [0, 1]
        Fewer words when there are fewer distinct descriptors.

    References
    ----------
    Sivic and Zisserman, Video Google, ICCV 2003, doi:10.1109/ICCV.2003.1238663.

    Examples
    --------
    >>> dark, light = np.zeros((5, 32), np.uint8), np.full((5, 32), 255, np.uint8)
    >>> sorted(learn_vocabulary([dark, light], n_words=2).mean(axis=1).tolist())
    [0.0, 1.0]
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(random_state)
    share = max(1, SAMPLE_DESCRIPTORS // max(1, len(samples)))
    chosen = [rng.permutation(s)[:share] for s in samples if len(s)]
    if not chosen:
        return np.zeros((0, 256), np.float32)
    bits = unpack_bits(np.concatenate(chosen)).astype(np.float32)
    n_words = min(n_words, len(np.unique(bits, axis=0)))
    with threadpool_limits(limits=1):
        # A few words need not converge: more rounds and more descriptors moved no score beyond the
        # spread of the seeds.
        model = KMeans(n_words, n_init=1, max_iter=30, random_state=random_state).fit(bits)
    return model.cluster_centers_.astype(np.float32)


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
    sums = np.zeros(vocabulary.shape, np.float32)
    if len(descriptors):
        bits = unpack_bits(descriptors).astype(np.float32)
        words = nearest_words(bits, vocabulary)
        for word in np.unique(words):
            own = bits[words == word]
            sums[word] = own.sum(axis=0) - len(own) * vocabulary[word]
    sums = _unit(sums, axis=1)
    return _unit((np.sign(sums) * np.sqrt(np.abs(sums))).ravel())


def nearest_words(bits: np.ndarray, vocabulary: np.ndarray) -> np.ndarray:
    """Find the nearest word of each descriptor.

    Parameters
    ----------
    bits : (n, 256) float32
    vocabulary : (n_words, 256) float32

    Returns
    -------
    (n,) int
        Index of the word at the smallest Euclidean distance.

    Examples
    --------
    >>> words = np.stack([np.zeros(256), np.ones(256)]).astype(np.float32)
    >>> nearest_words(np.full((1, 256), 0.9, np.float32), words)
    array([1])
    """
    # |b - w|^2 = |b|^2 - 2 b.w + |w|^2, and |b|^2 is the same for every word
    return np.argmin((vocabulary**2).sum(axis=1) - 2 * bits @ vocabulary.T, axis=1)


def _unit(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    length = np.sqrt((values**2).sum(axis=axis, keepdims=axis is not None))
    return values / np.where(length == 0, 1, length)


def colour_histogram(rgb: np.ndarray) -> np.ndarray:
    """Count the colours of an image: lightness in 6 bins, a and b of CIE Lab in 8 bins each.

    Parameters
    ----------
    rgb : (H, W, 3) uint8

    Returns
    -------
    (384,) float32, 384 = 6 x 8 x 8
        Square roots of the shares, so that its length is 1. The bins of a and b cover the middle
        half of their range, which photos hardly leave; what does is counted in the outermost.

    Examples
    --------
    >>> red = np.zeros((4, 4, 3), np.uint8)
    >>> red[..., 0] = 255
    >>> colour_histogram(red).max()
    np.float32(1.0)
    """
    step = max(1, max(rgb.shape[:2]) // 160)  # every pixel of a big photo would tell no more
    lab = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], 64, 191)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [6, 8, 8], [0, 256, 64, 192, 64, 192])
    return np.sqrt(counts.ravel() / counts.sum())


def _grey(photo: Photo) -> np.ndarray:
    return photo.image if photo.image.ndim == 2 else cv2.cvtColor(photo.image, cv2.COLOR_RGB2GRAY)


def _observe_keypoints(photo: Photo, orb: OrbParams, grid_step: int, colour: bool) -> Observation:
    return (extract_features(_grey(photo), orb).descriptors,)


def _learn_nothing(observations: Sequence[Observation], n_words: int, seed: int) -> list:
    return []


def _encode_flatten(
    observation: Observation, _: list, orb: OrbParams, __: float
) -> np.ndarray | None:
    (descriptors,) = observation
    # Concatenated descriptors have one length only when their number is exactly the one asked for.
    return descriptors.ravel() if len(descriptors) == orb.n_features else None


def _encode_bits(observation: Observation, _: list, orb: OrbParams, __: float) -> np.ndarray | None:
    (descriptors,) = observation
    return unpack_bits(descriptors).ravel() if len(descriptors) == orb.n_features else None


def _observe_local(photo: Photo, orb: OrbParams, grid_step: int, colour: bool) -> Observation:
    image = _grey(photo)
    blocks = [extract_features(image, orb).descriptors]
    if grid_step:
        blocks.append(describe_grid(shrink(image, GRID_SIDE), grid_step, orb))
    return (*blocks, colour_histogram(photo.image)) if colour else tuple(blocks)


def _is_descriptors(block: np.ndarray) -> bool:
    return block.dtype == np.uint8  # the colour histogram is float32


def _learn_blocks(observations: Sequence[Observation], n_words: int, seed: int) -> list:
    blocks = zip(*observations, strict=True)
    return [learn_vocabulary(b, n_words, seed) for b in blocks if _is_descriptors(b[0])]


def _encode_vlad_blocks(
    observation: Observation, vocabularies: list, orb: OrbParams, colour_weight: float
) -> np.ndarray | None:
    if not len(observation[0]):
        return None
    local = filter(_is_descriptors, observation)
    blocks = [encode_vlad(d, v) for d, v in zip(local, vocabularies, strict=True)]
    if not _is_descriptors(observation[-1]):
        blocks.append(np.float32(colour_weight) * observation[-1])
    return np.concatenate(blocks)


def _observe_thumbnail(photo: Photo, orb: OrbParams, grid_step: int, colour: bool) -> Observation:
    return (cv2.resize(_grey(photo), (32, 32), interpolation=cv2.INTER_AREA),)


def _observe_histogram(photo: Photo, orb: OrbParams, grid_step: int, colour: bool) -> Observation:
    counts = np.bincount(_grey(photo).ravel(), minlength=256).reshape(16, 16).sum(axis=1)
    return (np.sqrt(counts / counts.sum()).astype(np.float32),)


def _encode_as_seen(observation: Observation, _: list, orb: OrbParams, __: float) -> np.ndarray:
    return observation[0].ravel().astype(np.float32)


ENCODINGS: dict[str, Encoding] = {
    "flatten": Encoding(_observe_keypoints, _learn_nothing, _encode_flatten),
    "bits": Encoding(_observe_keypoints, _learn_nothing, _encode_bits),
    "vlad": Encoding(_observe_local, _learn_blocks, _encode_vlad_blocks),
    "thumbnail": Encoding(_observe_thumbnail, _learn_nothing, _encode_as_seen),
    "histogram": Encoding(_observe_histogram, _learn_nothing, _encode_as_seen),
}
"""By name. `flatten` is the post's, `vlad` the default; the last two are baselines."""
