"""The main flow: a folder in, groups out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagegroup.cache import Cache, Recall
from imagegroup.clusters import Sweep
from imagegroup.files import content_keys
from imagegroup.fitting import distances_to, fit_groups, mean_vectors
from imagegroup.images import Listing, Photo, list_folder, map_images
from imagegroup.names import display_name
from imagegroup.process import one_thread
from imagegroup.progress import clock, progress_bar
from imagegroup.recipes import BY_SCENES, DEFAULT, Recipe, encoding_of, is_ours, observing_values
from imagegroup.skips import Skipped, SkippedFile
from imagegroup.vectors import Learned, Observation

if TYPE_CHECKING:
    from imagegroup.scenes import SceneGraph

SAMPLE_IMAGES = 400
"""Images whose descriptors are kept to learn from; all others are encoded as they are read."""

MOST_OBSERVED = 4_000
"""Images that are kept while their features are looked for, where hardly any image has some."""

Reader = Callable[[list[str]], Iterator[Observation | Skipped]]
Encoded = np.ndarray | Skipped | None
"""The vector of an image, None when it has no features, or why it was skipped."""
Encode = Callable[[list[str], dict, Learned], Iterator[Encoded]]


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
        None when no image has features; of a sample of many images, see `fitting.fit_groups`.
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
    names : dict of label to str; groups without one are cluster_00 and so on
    scenes : SceneGraph or None: what was matched, where groups are scenes
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
    names: Mapping[int, str] = field(default_factory=dict)
    scenes: SceneGraph | None = None

    def name(self, label: int) -> str:
        """Return what the folder of a group is called."""
        return self.names.get(label, f"cluster_{label:02d}")

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
            distances[rows] = distances_to(center, self.vectors, rows)
        return distances

    def members(self, label: int) -> np.ndarray:
        """Return the rows of one group, the most typical first: by distance to the centre."""
        rows = np.flatnonzero(self.labels == label)
        if label < 0:
            return rows
        gaps = distances_to(self.centers[label], self.vectors, rows)
        return rows[np.argsort(gaps, kind="stable")]


def group_images(
    folder: str | Path,
    recipe: Recipe = DEFAULT,
    *,
    jobs: int = 0,
    recursive: bool = True,
    progress: bool = False,
    cache: Cache | None = None,
    batches: str | Path | None = None,
) -> Grouping:
    """Group the images of a folder. Nothing is written, but to `cache` and `batches` if given.

    Within `joblib.parallel_config(backend=...)` that backend reads and encodes the images.

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
    batches : path, optional
        A folder beside the photos that keeps finished batches of vectors; an interrupted run that
        is started again goes on from there.

    Returns
    -------
    Grouping

    Raises
    ------
    FileNotFoundError, NotADirectoryError, PermissionError
        The folder is missing, is a file, or cannot be read.
    ValueError
        The recipe asks for more groups than there are images, its encoding names code that cannot
        be used, or `batches` lies among the photos.
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
    from joblib import effective_n_jobs

    seconds, folder = {}, Path(folder).expanduser()
    with clock(seconds, "list"):
        listing = list_folder(folder, recursive)
    recall = recall_for(cache, recipe, folder)
    read = functools.partial(observe_images, folder, recipe=recipe, jobs=jobs, recall=recall)
    encode = functools.partial(encode_each, read, recipe)
    if batches is not None or effective_n_jobs(None) > 1:  # within joblib.parallel_config(...)
        from imagegroup.batches import batch_encoder

        encode = batch_encoder(folder, recipe, encode, jobs=jobs, cache=cache, place=batches)
    return group_observed(folder, listing, recipe, read, seconds, progress, encode, jobs)


def group_observed(
    folder: Path,
    listing: Listing,
    recipe: Recipe,
    read: Reader,
    seconds: dict[str, float] | None = None,
    progress: bool = False,
    encode: Encode | None = None,
    jobs: int = 0,
) -> Grouping:
    """Group images whose observations `read(paths)` yields: learn, encode, sweep, choose.

    `group_images` reads files; an experiment that varies the seed gives observations it has kept.
    `encode(paths, known, learned)` yields what `encode_each` does, which is taken without it.
    """
    with one_thread():  # the threads are those that read
        return _group(folder, listing, recipe, read, seconds, progress, encode, jobs)


def _group(folder, listing, recipe, read, seconds, progress, encode, jobs) -> Grouping:
    seconds = {} if seconds is None else seconds
    encode = encode or functools.partial(encode_each, read, recipe)
    encoding, paths = encoding_of(recipe), list(listing.paths)
    bar = functools.partial(progress_bar, shown=progress)
    with clock(seconds, "extract"):
        known = _observe_sample(read, folder, paths, recipe.random_state, bar)
    with clock(seconds, "learn"):
        usable = [o for o in known.values() if not isinstance(o, Skipped)]
        learned = encoding.learn(usable, recipe.n_words, recipe.random_state)
    with clock(seconds, "encode"):
        rows = bar(encode(paths, known, learned), len(paths), "encoding")
        kept, vectors, featured, skipped = _gather(paths, rows)
    names, scenes = {}, None
    with clock(seconds, "sweep"):
        if recipe.k == BY_SCENES:
            from imagegroup.scenes import find_scenes  # not of the core: only when asked for

            what = (folder, kept, vectors, featured, recipe, jobs, bar)
            labels, names, scenes = find_scenes(*what)
            sweep, criterion = None, f"scenes: {recipe.min_inliers} and more shared spots"
        else:
            labels, sweep, criterion = fit_groups(vectors, featured, recipe, bar)
    centers = mean_vectors(vectors, labels)
    skipped = tuple(sorted((*listing.skipped, *skipped), key=lambda s: s.path))
    groups = (kept, vectors, labels, centers, sweep, criterion, recipe, skipped, seconds)
    return Grouping(folder, *groups, listing.exports, learned, names, scenes)


def _observe_sample(read: Reader, folder: Path, paths: list[str], seed: int, bar) -> dict:
    """Observe 400 random images, and more while fewer than half have anything to learn from."""
    drawn = paths if len(paths) <= SAMPLE_IMAGES else _drawn(folder, paths, seed)
    known = {}
    usable = kept = 0
    for start in range(0, len(drawn), SAMPLE_IMAGES):
        sample = sorted(drawn[start : start + SAMPLE_IMAGES])
        seen = list(bar(read(sample), len(sample), "reading"))
        known.update(zip(sample, seen, strict=True))
        images = [observed for observed in seen if not isinstance(observed, Skipped)]
        usable, kept = usable + sum(len(o[0]) > 0 for o in images), kept + len(images)
        if usable >= SAMPLE_IMAGES // 2 or (usable and kept >= MOST_OBSERVED):
            break
    return known


def _drawn(folder: Path, paths: list[str], seed: int) -> list[str]:
    """Return the paths in an order drawn by lot from contents, not names; a copy is drawn once."""
    first = {key: path for path, key in zip(paths, content_keys(folder, paths), strict=True)}
    keys = sorted(first)
    return [first[keys[i]] for i in np.random.RandomState(seed).permutation(len(keys))]


def observe_images(
    folder: Path, paths: list[str], recipe: Recipe, jobs: int = 0, recall: Recall | None = None
) -> Iterator[Observation | Skipped]:
    """Read files and keep of each what the recipe's encoding needs, in the order of `paths`."""

    encoding = encoding_of(recipe)

    def observe(photo: Photo) -> Observation:
        return encoding.observe(photo, recipe.orb, recipe.grid_step)

    how = {"max_side": recipe.max_side, "swatch": recipe.colour > 0, "jobs": jobs, "recall": recall}
    return map_images(observe, folder, paths, **how)


def recall_for(cache: Cache | None, recipe: Recipe, folder: Path) -> Recall | None:
    """Give what remembers, if asked to; a reader's own encoding may change without our seeing."""
    kept = cache is not None and is_ours(recipe)
    return cache.recall(observing_values(recipe), folder) if kept else None


def encode_each(
    read: Reader, recipe: Recipe, paths: list[str], known: dict, learned: Learned
) -> Iterator[Encoded]:
    """Encode one observation at a time, of `known` or as it is read; the known are used up."""
    encode, rest = encoding_of(recipe).encode, read([path for path in paths if path not in known])
    for path in paths:
        seen = known.pop(path) if path in known else next(rest)
        skipped = isinstance(seen, Skipped)
        yield seen if skipped else encode(seen, learned, recipe.orb, recipe.colour)


def _gather(paths: list[str], encoded: Iterator[Encoded]):
    """Put vectors into rows that never drift from their paths."""
    kept, featured, skipped, vectors = [], [], [], None
    for path, vector in zip(paths, encoded, strict=True):
        if isinstance(vector, Skipped):
            skipped.append(SkippedFile(path, vector.reason, vector.detail))
            continue
        if vector is not None:
            if vectors is None:
                vectors = np.zeros((len(paths), vector.size), vector.dtype)
            if vector.size != vectors.shape[1]:
                raise ValueError(
                    f"{display_name(path)} has a vector of {vector.size} numbers, the images "
                    f"before it of {vectors.shape[1]}: expected as many for every image."
                )
            vectors[len(kept)] = vector
        kept.append(path)
        featured.append(vector is not None)
    vectors = np.zeros((len(paths), 0), np.float32) if vectors is None else vectors
    return tuple(kept), vectors[: len(kept)], np.array(featured, bool), skipped
