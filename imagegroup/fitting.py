"""From vectors to groups: choose k, on a sample where there are many images, then fit them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from imagegroup.clusters import (
    REFERENCES,
    RESAMPLES,
    Sweep,
    choose_k,
    count_dims,
    fit_k,
    sweep_k,
)
from imagegroup.coordinates import find_coordinates
from imagegroup.recipes import Recipe

BLOCK_ROWS = 2_000
"""Vectors that are copied at a time; at most so many are summed at once, as they always were."""


class NoElbow(Exception):
    """The criterion found no k, and the recipe names no other. `sweep` holds the curves."""

    def __init__(self, sweep: Sweep, criterion: str) -> None:
        super().__init__(
            f"no {criterion} found for k = {sweep.ks[0]}..{sweep.ks[-1]}: "
            "give the number of groups with --k N (in Python: recipe.with_values(k=N)), "
            "or another criterion (--k silhouette)."
        )
        self.sweep = sweep


def fit_groups(vectors: np.ndarray, featured: np.ndarray, recipe: Recipe, bar):
    """Return labels for all rows, the sweep over those with features, and what chose k.

    Parameters
    ----------
    vectors : (n, d) numbers
        Rows without features are zero. Moved while this runs, see `packed`.
    featured : (n,) bool
    recipe : Recipe
    bar : callable (items, total, title) -> iterator
        Shows progress.

    Returns
    -------
    labels : (n,) int32, -1 for rows without features
    sweep : Sweep or None
        Of a sample where more than 2,000 images have features; the criterion and `sweep.engine`
        then say so.
    criterion : str
    """
    labels = np.full(len(featured), -1, np.int32)
    if not featured.any():
        return labels, None, "no image has features"
    ks = recipe.ks if isinstance(recipe.k, str) else (int(recipe.k),)
    asked = (recipe.k, recipe.fallback)
    references = REFERENCES if "contrast" in asked else 0
    resamples = RESAMPLES if "stability" in asked else 0
    how = {"n_init": recipe.n_init, "random_state": recipe.random_state, "n_dims": recipe.n_dims}
    with packed(vectors, featured) as points:
        wanted = count_dims(ks, recipe.n_dims, references or resamples)
        seen = find_coordinates(points, wanted)
        sweep = sweep_k(
            points,
            ks,
            references=references,
            resamples=resamples,
            progress=lambda ks: bar(ks, len(ks), "clustering"),
            coordinates=seen,
            **how,
        )
        k, criterion = _decide(sweep, recipe)
        labels[featured] = fit_k(points, k, coordinates=seen, sweep=sweep, **how)
    if len(sweep.rows) < featured.sum():
        sample = f"a sample of {len(sweep.rows):,} of {featured.sum():,} images"
        sweep = replace(sweep, engine=f"{sweep.engine}, {sample}")
        criterion = criterion if criterion == "given" else f"{criterion}, on {sample}"
    return labels, sweep, criterion


def _decide(sweep: Sweep, recipe: Recipe) -> tuple[int, str]:
    if not isinstance(recipe.k, str):
        return int(recipe.k), "given"
    if len(sweep.ks) == 1:
        return int(sweep.ks[0]), "only one k is possible"
    k = choose_k(sweep, recipe.k)
    if k is not None:
        return k, recipe.k
    if recipe.fallback is None:
        raise NoElbow(sweep, recipe.k)
    k = choose_k(sweep, recipe.fallback)
    if k is not None:
        return k, f"{recipe.fallback} (no {recipe.k} found)"
    return int(sweep.ks[0]), f"too few images for {recipe.k} or {recipe.fallback}"


@contextmanager
def packed(vectors: np.ndarray, featured: np.ndarray) -> Iterator[np.ndarray]:
    """Give the featured rows as one block without a second copy of them.

    They are moved up over the rows without features, which are zero, and back at the end.

    Examples
    --------
    >>> vectors, featured = np.array([[1], [0], [3]]), np.array([True, False, True])
    >>> with packed(vectors, featured) as rows:
    ...     rows.ravel().tolist()
    [1, 3]
    >>> vectors.ravel().tolist()
    [1, 0, 3]
    """
    moves = list(enumerate(np.flatnonzero(featured)))
    for place, row in moves:
        vectors[place] = vectors[row]
    try:
        yield vectors[: len(moves)]
    finally:
        for place, row in reversed(moves):
            vectors[row] = vectors[place]
        vectors[~featured] = 0


def mean_vectors(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean vector of each group, (k, d) float32.

    Examples
    --------
    >>> mean_vectors(np.array([[1.0], [3], [7]]), np.array([0, 0, 1])).ravel().tolist()
    [2.0, 7.0]
    """
    centers = np.zeros((labels.max(initial=-1) + 1, vectors.shape[1]))
    for label, center in enumerate(centers):
        rows = np.flatnonzero(labels == label)
        for block in _blocks(rows):
            center += vectors[block].sum(axis=0, dtype=np.float64)
        center /= len(rows)
    return centers.astype(np.float32)


def distances_to(center: np.ndarray, vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance of some rows to a centre.

    Examples
    --------
    >>> distances_to(np.zeros(2), np.array([[9, 9], [3, 4]]), np.array([1])).tolist()
    [5.0]
    """
    gaps = [np.linalg.norm(vectors[block] - center, axis=1) for block in _blocks(rows)]
    return np.concatenate(gaps)


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return np.array_split(rows, range(BLOCK_ROWS, len(rows), BLOCK_ROWS))
