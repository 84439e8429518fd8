"""The main flow: a folder in, groups out."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagegroup.cache import Cache, Recall
from imagegroup.clusters import REFERENCES, RESAMPLES, Sweep, choose_k, sweep_k
from imagegroup.images import Listing, Photo, list_folder, map_images
from imagegroup.recipes import DEFAULT, Recipe, observing_values
from imagegroup.skips import Skipped, SkippedFile
from imagegroup.vectors import ENCODINGS, Learned, Observation

SAMPLE_IMAGES = 400
"""Images whose descriptors are kept to learn from; all others are encoded as they are read."""

Reader = Callable[[list[str]], Iterator[Observation | Skipped]]


class NoElbow(Exception):
    """The criterion found no k, and the recipe names no other. `sweep` holds the curves."""

    def __init__(self, sweep: Sweep, criterion: str) -> None:
        super().__init__(
            f"no {criterion} found for k = {sweep.ks[0]}..{sweep.ks[-1]}: "
            "give the number of groups with --k N (in Python: recipe.with_values(k=N)), "
            "or another criterion (--k silhouette)."
        )
        self.sweep = sweep


@dataclass(frozen=True, eq=False)
class Grouping:
    """The groups of one folder: n images that were read, in k groups.

    Attributes
    ----------
    folder : Path
    paths : tuple of n str
        Posix paths relative to `folder`, sorted; row i of everything below is paths[i].
    vectors : (n, d) float32 or uint8
        A row without features is zero.
    labels : (n,) int32
        0 to k - 1; -1 for images without features.
    centers : (k, d) float32
        Mean vector of each group.
    sweep : Sweep or None
        None when no image has features.
    criterion : str
        What chose k.
    recipe : Recipe
    skipped : tuple of SkippedFile
        Every other file seen in the folder, with the reason.
    seconds : dict of str to float
        Wall time of each stage.
    exports : tuple of str
        Folders left out because they are exports of ours.
    learned : Learned, of the sample
    """

    folder: Path
    paths: tuple[str, ...]
    vectors: np.ndarray
    labels: np.ndarray
    centers: np.ndarray
    sweep: Sweep | None
    criterion: str
    recipe: Recipe
    skipped: tuple[SkippedFile, ...]
    seconds: dict[str, float]
    exports: tuple[str, ...] = ()
    learned: Learned = ()

    @property
    def k(self) -> int:
        """Number of groups."""
        return len(self.centers)

    @property
    def seen(self) -> int:
        """Number of files seen: grouped, without features and skipped."""
        return len(self.paths) + len(self.skipped)

    @property
    def distances(self) -> np.ndarray:
        """(n,) float64, Euclidean distance to the own centre; nan for images without features."""
        distances = np.full(len(self.paths), np.nan)
        for label, center in enumerate(self.centers):
            rows = np.flatnonzero(self.labels == label)
            distances[rows] = np.linalg.norm(self.vectors[rows] - center, axis=1)
        return distances

    def members(self, label: int) -> np.ndarray:
        """Return the rows of one group, the most typical first: by distance to the centre."""
        rows = np.flatnonzero(self.labels == label)
        return rows[np.argsort(self.distances[rows], kind="stable")]


def group_images(
    folder: str | Path,
    recipe: Recipe = DEFAULT,
    *,
    jobs: int = 0,
    recursive: bool = True,
    progress: bool = False,
    cache: Cache | None = None,
) -> Grouping:
    """Group the images of a folder. Reads only; nothing is written, but to a cache if given.

    Parameters
    ----------
    folder : path
    recipe : Recipe
    jobs : int
        Threads that read and describe images; 0 means one per core.
    recursive : bool
        Whether to look into sub-folders.
    progress : bool
        Whether to show bars on stderr for what takes longer than a second.
    cache : Cache, optional
        Where to keep what is seen in each photo: the same groups, sooner the next time.

    Returns
    -------
    Grouping

    Raises
    ------
    FileNotFoundError, NotADirectoryError, PermissionError
        The folder is missing, is a file, or cannot be read.
    ValueError
        The recipe asks for more groups than there are images.
    NoElbow
        The criterion finds no k and the recipe names no fallback.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from imagegroup.samples import make_album
    >>> with TemporaryDirectory() as place:
    ...     album = make_album(Path(place) / "album", views=2)
    ...     grouping = group_images(album, DEFAULT.with_values(k=12))
    >>> grouping.k, grouping.seen  # 12 photos x 2 views = 24, and truth.csv, which is no image
    (12, 25)
    """
    seconds, folder = {}, Path(folder).expanduser()
    with _clock(seconds, "list"):
        listing = list_folder(folder, recursive)
    recall = _recall(cache, recipe, folder)
    read = functools.partial(observe_images, folder, recipe=recipe, jobs=jobs, recall=recall)
    return group_observed(folder, listing, recipe, read, seconds, progress)


def group_observed(
    folder: Path,
    listing: Listing,
    recipe: Recipe,
    read: Reader,
    seconds: dict[str, float] | None = None,
    progress: bool = False,
) -> Grouping:
    """Group images whose observations `read(paths)` yields: learn, encode, sweep, choose.

    `group_images` reads files; an experiment that varies the seed gives observations it has kept.
    """
    from threadpoolctl import threadpool_limits

    seconds = {} if seconds is None else seconds
    encoding, paths = ENCODINGS[recipe.encoding], list(listing.paths)
    bar = functools.partial(_bar, shown=progress)
    with _clock(seconds, "extract"):
        known = _observe_sample(read, paths, recipe.random_state, bar)
    with _clock(seconds, "learn"):
        usable = [o for o in known.values() if not isinstance(o, Skipped)]
        learned = encoding.learn(usable, recipe.n_words, recipe.random_state)
    with _clock(seconds, "encode"), threadpool_limits(limits=1):  # the threads are reading
        rest = [path for path in paths if path not in known]
        others = bar(read(rest), len(rest), "encoding")
        stream = ((p, known.pop(p) if p in known else next(others)) for p in paths)
        kept, vectors, featured, skipped = _encode(stream, len(paths), encoding, learned, recipe)
    with _clock(seconds, "sweep"):
        labels, sweep, criterion = _cluster(vectors, featured, recipe, bar)
    centers = _centers(vectors, labels)
    skipped = tuple(sorted((*listing.skipped, *skipped), key=lambda s: s.path))
    groups = (kept, vectors, labels, centers, sweep, criterion)
    return Grouping(folder, *groups, recipe, skipped, seconds, listing.exports, learned)


def _observe_sample(read: Reader, paths: list[str], seed: int, bar) -> dict:
    """Observe 400 random images, and more while fewer than half have anything to learn from."""
    shuffled, known, usable = np.random.default_rng(seed).permutation(len(paths)), {}, 0
    for start in range(0, len(paths), SAMPLE_IMAGES):
        sample = [paths[i] for i in sorted(shuffled[start : start + SAMPLE_IMAGES])]
        seen = list(bar(read(sample), len(sample), "reading"))
        known.update(zip(sample, seen, strict=True))
        usable += sum(not isinstance(o, Skipped) and len(o[0]) > 0 for o in seen)
        if usable >= SAMPLE_IMAGES // 2:
            break
    return known


def observe_images(
    folder: Path, paths: list[str], recipe: Recipe, jobs: int = 0, recall: Recall | None = None
) -> Iterator[Observation | Skipped]:
    """Read files and keep of each what the recipe's encoding needs, in the order of `paths`."""

    def observe(photo: Photo) -> Observation:
        return ENCODINGS[recipe.encoding].observe(photo, recipe.orb, recipe.grid_step)

    how = {"max_side": recipe.max_side, "swatch": recipe.colour > 0, "jobs": jobs, "recall": recall}
    return map_images(observe, folder, paths, **how)


def _recall(cache: Cache | None, recipe: Recipe, folder: Path) -> Recall | None:
    """Give what remembers, if asked to; a reader's own encoding may change without our seeing."""
    foreign = ENCODINGS[recipe.encoding].observe.__module__ != "imagegroup.vectors"
    return None if cache is None or foreign else cache.recall(observing_values(recipe), folder)


def _encode(stream, n_paths: int, encoding, learned: list, recipe: Recipe):
    """Encode one observation at a time into rows that never drift from their paths."""
    kept, featured, skipped, vectors = [], [], [], None
    for path, observed in stream:
        if isinstance(observed, Skipped):
            skipped.append(SkippedFile(path, observed.reason, observed.detail))
            continue
        vector = encoding.encode(observed, learned, recipe.orb, recipe.colour)
        if vector is not None:
            if vectors is None:
                vectors = np.zeros((n_paths, vector.size), vector.dtype)
            vectors[len(kept)] = vector
        kept.append(path)
        featured.append(vector is not None)
    vectors = np.zeros((n_paths, 0), np.float32) if vectors is None else vectors
    return tuple(kept), vectors[: len(kept)], np.array(featured, bool), skipped


def _cluster(vectors: np.ndarray, featured: np.ndarray, recipe: Recipe, bar):
    """Give labels for all rows, the sweep over those with features, and what chose k."""
    labels = np.full(len(featured), -1, np.int32)
    if not featured.any():
        return labels, None, "no image has features"
    points = vectors if featured.all() else vectors[featured]
    ks = recipe.ks if isinstance(recipe.k, str) else (int(recipe.k),)
    sweep = sweep_k(
        points,
        ks,
        n_dims=recipe.n_dims,
        references=REFERENCES if "contrast" in (recipe.k, recipe.fallback) else 0,
        resamples=RESAMPLES if "stability" in (recipe.k, recipe.fallback) else 0,
        n_init=recipe.n_init,
        random_state=recipe.random_state,
        progress=lambda ks: bar(ks, len(ks), "clustering"),
    )
    k, criterion = _decide(sweep, recipe)
    labels[featured] = sweep.labels[sweep.ks == k][0]
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


def _centers(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    k = labels.max(initial=-1) + 1
    centers = [vectors[labels == label].mean(axis=0, dtype=np.float64) for label in range(k)]
    return np.array(centers, np.float32).reshape(k, vectors.shape[1])


def _bar(items: Iterable, total: int, title: str, shown: bool) -> Iterator:
    from tqdm import tqdm  # hidden without steps, or it would keep a line of the screen

    return iter(tqdm(items, title, total, leave=False, delay=1, disable=not (shown and total)))


@contextmanager
def _clock(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)
