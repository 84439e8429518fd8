"""Can scenes be trusted: their weakest links, what strangers share, and a place to draw each."""

from __future__ import annotations

import numpy as np

from imagegroup.evaluate import apart
from imagegroup.grouping import Grouping
from imagegroup.scenes import SceneGraph, count_inliers, read_features


def weakest_links(graph: SceneGraph, labels: np.ndarray) -> dict[int, tuple[int, int, int]]:
    """Find for each scene the link it is least sure of: label -> (row, row, spots shared).

    Of all ways to hold the scene together by links, the surest one is taken, and of that the
    weakest link: a scene with a second, stronger way around a weak link does not depend on it.
    """
    import networkx

    linked = graph.linked
    edges = zip(*graph.pairs[linked].T.tolist(), graph.inliers[linked].tolist(), strict=True)
    tree = networkx.Graph()
    tree.add_weighted_edges_from(edges)
    surest = networkx.maximum_spanning_edges(tree, data=True)
    weakest: dict[int, tuple[int, int, int]] = {}
    for a, b, data in sorted(surest, key=lambda edge: -edge[2]["weight"]):
        weakest[int(labels[a])] = (min(a, b), max(a, b), data["weight"])
    return dict(sorted(weakest.items()))


def near_duplicates(graph: SceneGraph) -> tuple[np.ndarray, np.ndarray]:
    """List the links by how much of a photo the other holds, the nearest to a duplicate first.

    Resized, recompressed or cropped, a photo keeps more of its spots than another view has. The
    share is of the photo with fewer spots, since half the size has fewer.

    Returns
    -------
    pairs : (l, 2) int, rows of the grouping
    shares : (l,) float, 0 to 1
    """
    pairs, shared = graph.pairs[graph.linked], graph.inliers[graph.linked]
    shares = shared / graph.spots[pairs].min(axis=1, initial=np.iinfo(int).max)
    order = np.argsort(-shares, kind="stable")
    return pairs[order], shares[order]


def stranger_inliers(grouping: Grouping, count: int = 300, seed: int = 0) -> np.ndarray:
    """Match random pairs of photos of different groups: what strangers share by chance.

    Parameters
    ----------
    grouping : Grouping
    count : int
        Pairs drawn, each once; fewer where there are not so many.
    seed : int

    Returns
    -------
    (m,) int32, spots shared, as `SceneGraph.inliers` has them
        Well below `recipe.min_inliers`, if that is right for this folder.
    """
    rng, rows = np.random.default_rng(seed), np.flatnonzero(grouping.labels >= 0)
    if not len(rows):
        return np.zeros(0, np.int32)
    drawn = np.unique(np.sort(rng.choice(rows, (4 * count, 2)), axis=1), axis=0)
    strange = np.diff(apart(grouping)[drawn], axis=1).ravel() != 0
    drawn = rng.permutation(drawn[strange])[:count]
    used, pairs = np.unique(drawn, return_inverse=True)
    paths = [grouping.paths[row] for row in used]
    features = read_features(grouping.folder, paths, grouping.recipe)
    return count_inliers(features, pairs.reshape(drawn.shape))


def scene_layout(graph: SceneGraph, labels: np.ndarray) -> np.ndarray:
    """Give each linked photo a place to be drawn at: each scene in a square of a grid of its own.

    Returns
    -------
    (n, 2) float64
        x and y; a scene's square has side 1. nan for photos without a link.
    """
    import networkx

    links, places = graph.links(), np.full((len(labels), 2), np.nan)
    scenes = np.unique(labels[links]) if len(links) else []
    columns = int(np.ceil(np.sqrt(len(scenes))))
    for square, label in enumerate(scenes):
        own = networkx.Graph(links[labels[links[:, 0]] == label].tolist())
        around = networkx.kamada_kawai_layout(own, scale=0.33)
        for row, place in around.items():
            places[row] = place + np.array([square % columns, -(square // columns)])
    return places
