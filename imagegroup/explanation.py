"""Why is this photo here? The words that speak for its group, and the group-mates it matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from imagegroup import process
from imagegroup.grouping import Grouping
from imagegroup.images import Photo, map_images, shrink
from imagegroup.inspection import nearest_images
from imagegroup.matching import match_places
from imagegroup.names import display_name
from imagegroup.orb import Features, OrbParams, describe_grid, extract_features
from imagegroup.skips import Skipped
from imagegroup.vectors import GRID_SIDE
from imagegroup.vocabulary import nearest_words, unpack_bits

WORD_WIDTHS = {"vlad": 256, "words": 1}
"""How many numbers of a vector belong to one word, for the encodings that have words."""
PATCH_SIDE = 64
SHOWN = 3
"""Words, and group-mates, of an explanation."""


@dataclass(frozen=True, eq=False)
class SpokenWord:
    """A visual word that speaks for a photo's group.

    Attributes
    ----------
    block : str, "keypoints" or "grid"
    word : int
    evidence : float
        What this word adds to (distance to the next centre)^2 - (distance to the own)^2.
    count : int, descriptors of the photo that fall to the word
    patches : (m, 64, 64, 3) uint8 RGB, m up to 6
        Cut from the photo, those nearest to the word; a keypoint's turned upright.
    """

    block: str
    word: int
    evidence: float
    count: int
    patches: np.ndarray


@dataclass(frozen=True, eq=False)
class Mate:
    """A photo of the same group, and how its ORB features match.

    Attributes
    ----------
    path : str
    distance : float, between the two vectors
    image : (H, W, 3) uint8 RGB
    points, mate_points : (m, 2) float32
        x and y in px of the photo's image and of this one; row i of both is match i.
    agree : (m,) bool
        Matches that fit one perspective map of photo to photo, to 5 px. A few fit by chance.
    """

    path: str
    distance: float
    image: np.ndarray
    points: np.ndarray
    mate_points: np.ndarray
    agree: np.ndarray


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a photo is in its group. Distances are between vectors, as in `inspection`.

    Attributes
    ----------
    path : str
    label, next_label : int, own group and the one with the next centre; -1 if there is none
    distance, next_distance : float, to the own and to the next centre; inf if there is none
    words : tuple of SpokenWord, up to three, the strongest first
    colour_evidence : float, as in SpokenWord, of the colours; 0 where they do not count
    mates : tuple of Mate, up to three, the nearest first
    image : (H, W, 3) uint8 RGB, at the size at which features were extracted
    """

    path: str
    label: int
    next_label: int
    distance: float
    next_distance: float
    words: tuple[SpokenWord, ...]
    colour_evidence: float
    mates: tuple[Mate, ...]
    image: np.ndarray

    @property
    def margin(self) -> float:
        """Distance to the next centre minus distance to the own."""
        return self.next_distance - self.distance

    def lines(self) -> list[str]:
        """Say it in words."""
        said = [
            f"{display_name(self.path)} is {self.distance:.3f} from the centre of its group, "
            f"{self.label}."
        ]
        if self.next_label >= 0:
            said += [
                f"The next centre, of group {self.next_label}, is {self.next_distance:.3f} away: "
                f"margin {self.margin:.3f}."
            ]
        total = self.next_distance**2 - self.distance**2
        for word in self.words:
            share = f"{word.evidence / total:.0%} of the difference of the squares"
            said += [f"Word {word.word} of the {word.block}: {share}, {word.count} patches."]
        if self.colour_evidence:
            said += [f"The colours: {self.colour_evidence / total:.0%}."]
        for mate in self.mates:
            said += [
                f"Nearest: {display_name(mate.path)} at {mate.distance:.3f}, {len(mate.agree)} "
                f"ORB matches, {mate.agree.sum()} of them fit one view of the other."
            ]
        return said


def compare_photos(grouping: Grouping, path: str, other: str) -> tuple[np.ndarray, Mate]:
    """Match two photos of a grouping again, to see what links them, or what does not.

    Parameters
    ----------
    grouping : Grouping
    path, other : str, as in `grouping.paths`

    Returns
    -------
    image : (H, W, 3) uint8 RGB, of the first
    mate : Mate, of the second

    Raises
    ------
    ValueError
        A photo is not in the grouping, has no features, or cannot be read any more.
    """
    rows = [_row(grouping, one) for one in (path, other)]
    found = _look(grouping, rows)
    for one, seen in zip((path, other), found, strict=True):
        if isinstance(seen, Skipped):
            raise ValueError(f"{display_name(one)} cannot be read any more: {seen}")
    (image, _, ours), (picture, _, theirs) = found
    distance = float(np.linalg.norm(np.subtract(*grouping.vectors[rows], dtype=np.float64)))
    return image, Mate(other, distance, picture, *match_places(ours, theirs))


def explain(grouping: Grouping, path: str) -> Explanation:
    """Say why a photo is in its group: centres, words and group-mates.

    The squared distance to a centre is a sum over the parts of the vector, and each word has its
    own part. So the difference of the squared distances to the next and to the own centre falls
    exactly into what each word adds, and the colours. A word speaks by how its patches differ from
    it (`vlad`) or by how many they are (`words`); other encodings have no words.

    Parameters
    ----------
    grouping : Grouping
    path : str, as in `grouping.paths`

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        The photo is not in the grouping, has no features, or cannot be read any more.
    """
    row = _row(grouping, path)
    with process.one_thread():  # on a busy machine threads wait for each other
        return _explain(grouping, path, row)


def _explain(grouping: Grouping, path: str, row: int) -> Explanation:
    label, vector = int(grouping.labels[row]), grouping.vectors[row]
    gaps = np.linalg.norm(grouping.centers - vector, axis=1)
    order = [other for other in np.argsort(gaps, kind="stable") if other != label]
    rival = int(order[0]) if order else -1
    rows, distances = nearest_images(grouping, row, SHOWN, own_group=True)
    photo, *others = _look(grouping, [row, *rows])
    if isinstance(photo, Skipped):
        raise ValueError(f"{display_name(path)} cannot be read any more: {photo}")
    image, grey, keypoints = photo
    words, colour_evidence = (), 0.0
    if rival >= 0 and grouping.recipe.encoding in WORD_WIDTHS:
        gains = (vector - grouping.centers[rival]) ** 2 - (vector - grouping.centers[label]) ** 2
        grid = _grid_features(grey, grouping.recipe.grid_step, grouping.recipe.orb)
        words, colour_evidence = _words(grouping, gains, image, [keypoints, grid])
    mates = [
        Mate(grouping.paths[i], float(distance), other[0], *match_places(keypoints, other[2]))
        for i, distance, other in zip(rows, distances, others, strict=True)
        if not isinstance(other, Skipped)
    ]
    own, next_ = float(gaps[label]), float(gaps[rival]) if rival >= 0 else float("inf")
    return Explanation(path, label, rival, own, next_, words, colour_evidence, tuple(mates), image)


def _row(grouping: Grouping, path: str) -> int:
    if path not in grouping.paths:
        raise ValueError(
            f"{display_name(path)} is not among the {len(grouping.paths)} images of this grouping: "
            "expected a path as grouping.paths has it."
        )
    row = grouping.paths.index(path)
    if grouping.labels[row] < 0:
        raise ValueError(f"{display_name(path)} has no features, so it is in no group.")
    return row


def _look(grouping: Grouping, rows: Sequence[int]) -> list[tuple | Skipped]:
    """Read each photo again as it was read: RGB image, grey image, keypoint features."""
    recipe, paths = grouping.recipe, [grouping.paths[row] for row in rows]

    def features(photo: Photo) -> tuple[np.ndarray, Features]:
        return photo.image, extract_features(photo.image, recipe.orb)

    how = {"max_side": recipe.max_side}
    seen = map_images(features, grouping.folder, paths, swatch=recipe.colour > 0, **how)
    pictures = map_images(_pixels, grouping.folder, paths, colour=True, **how)
    found = []
    for what, picture in zip(seen, pictures, strict=True):
        skipped = [x for x in (what, picture) if isinstance(x, Skipped)]
        found.append(skipped[0] if skipped else (picture, *what))
    return found


def _pixels(photo: Photo) -> np.ndarray:
    return photo.image


def _grid_features(image: np.ndarray, step: int, orb: OrbParams) -> Features:
    """Give what `describe_grid` describes as features with places, in px of the image."""
    if not step:
        return Features()
    small = shrink(image, GRID_SIDE)
    descriptors = describe_grid(small, step, orb)
    margin, (height, width) = orb.patch_size // 2, small.shape
    ys, xs = np.mgrid[margin : height - margin : step, margin : width - margin : step]
    places = np.column_stack([xs.ravel(), ys.ravel()])[: len(descriptors)]
    scale = image.shape[1] / width
    return Features(
        keypoints=((places + 0.5) * scale - 0.5).astype(np.float32),
        sizes=np.full(len(places), orb.patch_size * scale, np.float32),
        angles=np.zeros(len(places), np.float32),
        descriptors=descriptors,
    )


def _words(grouping: Grouping, gains: np.ndarray, image: np.ndarray, blocks: list[Features]):
    """Give the words that add most and the evidence of the colours, from that of each number."""
    width, start, found = WORD_WIDTHS[grouping.recipe.encoding], 0, []
    names = ("keypoints", "grid")
    for name, features, (vocabulary, *_) in zip(names, blocks, grouping.learned, strict=False):
        end = start + len(vocabulary) * width
        evidence = gains[start:end].reshape(-1, width).sum(axis=1)
        bits = unpack_bits(features.descriptors).astype(np.float32)
        words = nearest_words(bits, vocabulary)
        for word in np.intersect1d(words, np.flatnonzero(evidence > 0)):
            own = np.flatnonzero(words == word)
            own = own[np.argsort(np.linalg.norm(bits[own] - vocabulary[word], axis=1))]
            found.append((float(evidence[word]), name, int(word), features, own))
        start = end
    found.sort(key=lambda candidate: -candidate[0])
    spoken = [
        SpokenWord(name, word, evidence, len(own), _patches(image, features, own[:6]))
        for evidence, name, word, features, own in found[:SHOWN]
    ]
    return tuple(spoken), float(gains[start:].sum())


def _patches(image: np.ndarray, features: Features, rows: np.ndarray) -> np.ndarray:
    """Cut patches out of an image, each turned by its angle and scaled to 64 px."""
    cut = np.zeros((len(rows), PATCH_SIDE, PATCH_SIDE, 3), np.uint8)
    middle = (PATCH_SIDE - 1) / 2
    for patch, row in zip(cut, rows, strict=True):
        place = tuple(map(float, features.keypoints[row]))
        scale = PATCH_SIDE / float(features.sizes[row])
        matrix = cv2.getRotationMatrix2D(place, float(features.angles[row]), scale)
        matrix[:, 2] += middle - np.array(place)
        cv2.warpAffine(image, matrix, (PATCH_SIDE,) * 2, dst=patch, borderMode=cv2.BORDER_REPLICATE)
    return cut
