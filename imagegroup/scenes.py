"""Groups of photos that show the same place or thing: matched keypoints instead of K-means.

Photos that look alike are matched pair by pair; pairs that share enough spots are linked, and what
hangs together is a scene. No number of groups is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from imagegroup.coordinates import content_order
from imagegroup.exact import choose_grid, product
from imagegroup.images import Photo, map_images
from imagegroup.matching import count_cells, shared_spots
from imagegroup.orb import Features, extract_features
from imagegroup.process import one_thread
from imagegroup.progress import no_bar
from imagegroup.recipes import SINGLE, Recipe
from imagegroup.skips import Skipped

ALL_PAIRS = 64
"""Up to so many photos every pair is matched; above, each with its nearest by vector."""
NEIGHBOURS = 20
"""Photos that each is matched with: the nearest by vector."""
BRIDGE = 2
"""A single link between two scenes takes so many times `min_inliers` to make them one."""
_TASK = 32  # pairs a thread takes at a time
_SEARCHED = 1_000  # photos whose neighbours are looked for at a time


@dataclass(frozen=True, eq=False)
class SceneGraph:
    """Which photos were matched, and which of them hang together.

    Attributes
    ----------
    pairs : (m, 2) int
        Rows of the grouping, the smaller first: all that were matched.
    inliers : (m,) int
        Spots that the two share, see `matching.shared_spots`.
    linked : (m,) bool
        Pairs that hold a scene together.
    spots : (n,) int
        Spots with a keypoint that each photo has, as `matching.count_cells` counts them.
    """

    pairs: np.ndarray
    inliers: np.ndarray
    linked: np.ndarray
    spots: np.ndarray

    def links(self) -> np.ndarray:
        """Return the linked pairs, (l, 2) int: those that share most first."""
        pairs, inliers = self.pairs[self.linked], self.inliers[self.linked]
        return pairs[np.argsort(-inliers, kind="stable")]

    def shared(self, a: int, b: int) -> int | None:
        """Return how many spots two rows share; None if they were not matched."""
        found = self.inliers[(self.pairs == sorted((a, b))).all(axis=1)]
        return int(found[0]) if len(found) else None


def find_scenes(
    folder: Path,
    paths: Sequence[str],
    vectors: np.ndarray,
    featured: np.ndarray,
    recipe: Recipe,
    jobs: int = 0,
    bar: Callable = no_bar,
) -> tuple[np.ndarray, dict[int, str], SceneGraph]:
    """Group the photos of a folder by what they show. Keeps 40 kB a photo while it runs.

    Parameters
    ----------
    folder : path
    paths : sequence of n str
    vectors : (n, d) numbers
        Only say which photos are worth matching.
    featured : (n,) bool
        Photos with features; the others get the label -1.
    recipe : Recipe
        Its `orb`, `max_side` and `min_inliers` count.
    jobs : int
        Threads; 0 is one for each core.
    bar : callable (items, total, title) -> iterator
        Shows progress.

    Returns
    -------
    labels : (n,) int32
        Scenes in the order of their first photo; last, in one group, those without a scene.
    names : dict of label to name: that of the last group is "single", if there is one
    graph : SceneGraph
    """
    # In the order of content, so that pairs, bridges and ties do not depend on names.
    order = content_order(vectors)
    rows = order[featured[order]]
    features = read_features(folder, [paths[row] for row in rows], recipe, jobs, bar)
    pairs = candidate_pairs(vectors, rows)
    inliers = count_inliers(features, pairs, jobs, bar)
    linked = link_pairs(len(rows), pairs, inliers, recipe.min_inliers)
    labels = np.full(len(featured), -1, np.int32)
    parts = connected_parts(len(rows), pairs[linked])
    by_path = np.argsort(rows)
    labels[rows[by_path]], alone = scene_labels(parts[by_path])
    names = {} if alone is None else {alone: SINGLE}
    spots = np.zeros(len(featured), int)
    spots[rows] = [count_cells(one.keypoints) for one in features]
    graph_rows = np.sort(rows[pairs], axis=1)
    order = np.lexsort((graph_rows[:, 1], graph_rows[:, 0]))
    return labels, names, SceneGraph(graph_rows[order], inliers[order], linked[order], spots)


def read_features(
    folder: Path, paths: Sequence[str], recipe: Recipe, jobs: int = 0, bar: Callable = no_bar
) -> list[Features]:
    """Extract the features of each photo, in px of the image as it is read.

    One that cannot be read any more has none.
    """

    def extract(photo: Photo) -> Features:
        return extract_features(photo.image, recipe.orb)

    found = map_images(extract, folder, paths, max_side=recipe.max_side, jobs=jobs)
    found = bar(found, len(paths), "keypoints")
    return [Features() if isinstance(one, Skipped) else one for one in found]


def candidate_pairs(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Choose the pairs worth matching: (m, 2) int, places in `rows`, the smaller first, in order.

    All of them up to 64 photos; of more, each photo with its 20 nearest, so that matching grows
    as n and not as n squared.

    Parameters
    ----------
    vectors : (n, d) numbers
    rows : (r,) int
        The photos to match, in an order of which the first comes first where some are as near.

    Examples
    --------
    >>> candidate_pairs(np.zeros((4, 1)), np.array([3, 0, 1])).tolist()
    [[0, 1], [0, 2], [1, 2]]
    >>> len(candidate_pairs(np.arange(1_000.0)[:, None], np.arange(1_000))) < 1_000 * 20
    True
    """
    n = len(rows)
    if n <= ALL_PAIRS:
        return np.column_stack(np.triu_indices(n, 1))
    grid = choose_grid(vectors)
    blocks = np.array_split(np.arange(n), range(_SEARCHED, n, _SEARCHED))
    near = []
    for some in blocks:
        steps = grid.steps(vectors[rows[some]])
        gaps = np.empty((len(some), n))
        for others in blocks:
            theirs = grid.steps(vectors[rows[others]])
            squares = np.square(theirs, dtype=np.float64).sum(axis=1)
            gaps[:, others] = squares - 2 * product(steps, theirs.T).astype(np.float64)
        gaps[np.arange(len(some)), some] = np.inf  # not itself
        near.append(np.argsort(gaps, axis=1, kind="stable")[:, :NEIGHBOURS])
    pairs = np.column_stack([np.repeat(np.arange(n), NEIGHBOURS), np.concatenate(near).ravel()])
    return np.unique(np.sort(pairs, axis=1), axis=0)


def count_inliers(
    features: Sequence[Features],
    pairs: np.ndarray,
    jobs: int = 0,
    bar: Callable = no_bar,
) -> np.ndarray:
    """Match pairs of photos in threads: the spots that each pair shares, (m,) int32."""

    # Which of two photos is mapped to the other may change the count a little: content decides it.
    contents = [hashlib.sha256(one.descriptors.tobytes()).digest() for one in features]

    def match(task: np.ndarray) -> list[int]:
        ordered = [sorted(pair, key=contents.__getitem__) for pair in task.tolist()]
        return [shared_spots(features[i], features[j]) for i, j in ordered]

    tasks = np.array_split(pairs, range(_TASK, len(pairs), _TASK))
    with one_thread(), ThreadPoolExecutor(jobs or cv2.getNumberOfCPUs()) as pool:
        counts = list(bar(pool.map(match, tasks), len(tasks), "matching"))
    return np.concatenate([np.zeros(0, np.int32), *counts]).astype(np.int32)


def link_pairs(n: int, pairs: np.ndarray, inliers: np.ndarray, min_inliers: int) -> np.ndarray:
    """Say which pairs are linked, (m,) bool: those that share enough, without weak bridges.

    A bridge is a link without which two parts would fall apart. One wrong pair is one, so between
    parts of two photos and more a bridge needs twice `min_inliers`. The weakest is cut first.

    Parameters
    ----------
    n : int, photos
    pairs : (m, 2) int
    inliers : (m,) int
    min_inliers : int

    Examples
    --------
    Two scenes of two photos, and one pair across that shares hardly more than strangers do.

    >>> pairs, inliers = np.array([[0, 1], [1, 2], [2, 3]]), np.array([50, 11, 60])
    >>> link_pairs(4, pairs, inliers, min_inliers=10).tolist()
    [True, False, True]
    """
    import networkx

    linked = inliers >= min_inliers
    graph = networkx.Graph(pairs[linked].tolist())
    place = {tuple(pair): i for i, pair in enumerate(pairs.tolist())}
    bridges = [place[min(edge), max(edge)] for edge in networkx.bridges(graph)]
    for i in sorted(bridges, key=lambda i: inliers[i]):
        if inliers[i] < BRIDGE * min_inliers:
            a, b = pairs[i].tolist()
            graph.remove_edge(a, b)
            parts = [networkx.node_connected_component(graph, end) for end in (a, b)]
            if min(map(len, parts)) < 2:
                graph.add_edge(a, b)
            else:
                linked[i] = False
    return linked


def connected_parts(n: int, links: np.ndarray) -> np.ndarray:
    """Return for each photo the part that hangs together with it, (n,) int.

    >>> connected_parts(4, np.array([[1, 3]])).tolist()
    [0, 1, 2, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = links.reshape(-1, 2)
    graph = coo_array((np.ones(len(links)), links.T), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def scene_labels(parts: np.ndarray) -> tuple[np.ndarray, int | None]:
    """Number parts of two photos and more, in the order of the first photo; those alone come last.

    Returns
    -------
    labels : (n,) int32
    alone : int or None
        The label of the photos that are a part of their own, if there are any.

    Examples
    --------
    >>> scene_labels(np.array([5, 2, 7, 2]))
    (array([1, 0, 1, 0], dtype=int32), 1)
    """
    sizes = np.bincount(parts, minlength=1)[parts]
    labels = np.zeros(len(parts), np.int32)
    kept = list(dict.fromkeys(parts[sizes > 1].tolist()))
    for label, part in enumerate(kept):
        labels[parts == part] = label
    labels[sizes == 1] = len(kept)
    return labels, (len(kept) if (sizes == 1).any() else None)
