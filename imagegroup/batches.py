"""Many images: encoded batch by batch, here or on a cluster, finished batches kept on disk."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from imagegroup import process
from imagegroup.cache import Cache, entry_key
from imagegroup.grouping import Encode, Encoded, encode_each, observe_images, recall_for
from imagegroup.names import display_name
from imagegroup.recipes import Recipe, is_ours, observing_values
from imagegroup.skips import Skipped, SkipReason
from imagegroup.vectors import Learned

BATCH_IMAGES = 256
"""Images of a batch: what a kill costs at most, and what a worker of a cluster gets at a time."""
BATCH_BYTES = 2**30
"""Largest batch that is kept: 4 MB an image, a hundred times what `DEFAULT` takes."""
PASSING = {
    SkipReason.CHANGED,
    SkipReason.MEMORY,
    SkipReason.PERMISSION,
    SkipReason.READ_ERROR,
    SkipReason.VANISHED,
}
"""What may be different the next time, though the file is the same: such a batch is not kept."""

Batch = tuple[str, ...]


def batch_encoder(
    folder: Path,
    recipe: Recipe,
    encode: Encode,
    *,
    jobs: int = 0,
    cache: Cache | None = None,
    place: str | Path | None = None,
) -> Encode:
    """Return what encodes the images of a folder batch by batch.

    Parameters
    ----------
    folder, recipe, jobs, cache
        As `group_images` takes them.
    encode : callable (paths, known, learned) -> Iterator[Encoded]
        Encodes in this process; it is taken unless joblib was told to work elsewhere.
    place : path, optional
        A folder for finished batches; see `open_store`.
    """
    from joblib import effective_n_jobs

    store = None if place is None else open_store(place, folder, recipe)
    missing = functools.partial(_encode_here, encode)
    if effective_n_jobs(None) > 1:
        work = functools.partial(encode_batch, folder, recipe, jobs or 1, cache)
        missing = functools.partial(_encode_elsewhere, work)
    return functools.partial(encode_batches, folder, recipe, store, missing)


def open_store(place: str | Path, folder: Path, recipe: Recipe) -> Cache:
    """Return the store of finished batches: entries of a cache of which none is ever dropped.

    Raises
    ------
    ValueError
        It lies among or around the photos, or the encoding is code of the reader's own, which may
        change without our seeing.
    PermissionError
        As `Cache`.

    Examples
    --------
    >>> from imagegroup import DEFAULT
    >>> open_store("photos/batches", Path("photos"), DEFAULT)
    Traceback (most recent call last):
    ValueError: batches in photos/batches, among or around the photos: give a folder beside.
    """
    store = Cache(Path(place), limit_bytes=sys.maxsize, entry_bytes=BATCH_BYTES)
    inside, photos = store.folder.resolve(), folder.resolve()
    if photos in (inside, *inside.parents) or inside in photos.parents:
        raise ValueError(
            f"batches in {display_name(place)}, among or around the photos: give a folder beside."
        )
    if not is_ours(recipe):
        raise ValueError(
            f"encoding={recipe.encoding}: batches are not kept of code of your own, which may "
            "change without imagegroup seeing it. Leave batches out."
        )
    store.size()  # complains now if the folder cannot be used, not after the first batch
    return store


def encode_batches(
    folder: Path,
    recipe: Recipe,
    store: Cache | None,
    encode_missing,
    paths: Sequence[str],
    known: dict,
    learned: Learned,
) -> Iterator[Encoded]:
    """Encode the images of a folder batch by batch, and keep each finished batch.

    Parameters
    ----------
    folder, recipe
        As `group_images` takes them.
    store : Cache or None
    encode_missing : callable (batches, known, learned) -> iterator of one iterable a batch
    paths, known, learned
        As `encode_each` takes them.

    Yields
    ------
    Encoded
        In the order of `paths`.
    """
    batches = [tuple(paths[i : i + BATCH_IMAGES]) for i in range(0, len(paths), BATCH_IMAGES)]
    keys = ["" if store is None else batch_key(folder, b, recipe, learned) for b in batches]
    kept = [store is not None and (store.folder / key).is_file() for key in keys]
    missing = [batch for batch, is_kept in zip(batches, kept, strict=True) if not is_kept]
    # What was seen before the keys were made may have changed in between.
    fresh = encode_missing(missing, known if store is None else {}, learned)
    for batch, key, is_kept in zip(batches, keys, kept, strict=True):
        rows = _load(store, key, batch) if is_kept else None
        if rows is None:
            source = encode_missing([batch], {}, learned) if is_kept else fresh  # it was damaged
            rows = []
            for row in next(source):
                rows.append(row)
                yield row
            if store is not None and not any(getattr(row, "reason", 0) in PASSING for row in rows):
                store.store(key, pack(rows))
        else:
            yield from rows


def _load(store: Cache, key: str, batch: Batch) -> list[Encoded] | None:
    """Return what became of the images of a batch; None if what is kept is damaged or not ours."""
    with contextlib.suppress(TypeError, ValueError, LookupError):  # None, or made to look like ours
        rows = list(unpack(store.load(key)))
        if len(rows) == len(batch):
            return rows
    return None


def _encode_here(encode: Encode, missing: list[Batch], known: dict, learned: Learned):
    """Encode in the threads of this process, without a pause between batches."""
    stream = encode(list(itertools.chain(*missing)), known, learned)
    return (itertools.islice(stream, len(batch)) for batch in missing)


def _encode_elsewhere(work, missing: list[Batch], known: dict, learned: Learned):
    """Encode where joblib was told to; what is known here is not sent but seen there again."""
    from joblib import Parallel, delayed

    if not missing:
        return iter(())
    tasks = (delayed(work)(batch, learned) for batch in missing)
    return map(unpack, Parallel(prefer="threads", return_as="generator", batch_size=1)(tasks))


def encode_batch(
    folder: Path, recipe: Recipe, jobs: int, cache: Cache | None, batch: Batch, learned: Learned
) -> tuple[np.ndarray, np.ndarray]:
    """Read and encode the images of a batch; what a worker does, which must see the folder."""
    recall = recall_for(cache, recipe, folder)
    read = functools.partial(observe_images, folder, recipe=recipe, jobs=jobs, recall=recall)
    with process.one_thread():  # as `group_observed`: many small steps
        return pack(encode_each(read, recipe, list(batch), {}, learned))


def pack(rows: Iterable[Encoded]) -> tuple[np.ndarray, np.ndarray]:
    """Put what became of the images of a batch into arrays: their vectors, and the rest as JSON.

    Examples
    --------
    >>> vectors, notes = pack([np.ones(2), None, Skipped(SkipReason.EMPTY)])
    >>> vectors.tolist(), notes.tobytes()
    ([[1.0, 1.0]], b'[1, null, ["empty", ""]]')
    """
    rows = list(rows)
    vectors = [row for row in rows if isinstance(row, np.ndarray)]
    notes = [
        [row.reason.value, row.detail] if isinstance(row, Skipped) else None if row is None else 1
        for row in rows
    ]
    stacked = np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
    return stacked, np.frombuffer(json.dumps(notes).encode(), np.uint8)


def unpack(arrays: tuple[np.ndarray, np.ndarray]) -> Iterator[Encoded]:
    """Give back what was packed, image by image; ValueError, LookupError: it was not.

    >>> [row for row in unpack(pack([None, np.ones(2), np.zeros(2)]))]
    [None, array([1., 1.]), array([0., 0.])]
    """
    vectors, place = arrays[0], 0
    for note in json.loads(arrays[1].tobytes()):
        if isinstance(note, list):
            yield Skipped(SkipReason(note[0]), note[1])
        elif note is None:
            yield None
        else:
            yield vectors[place]
            place += 1


def batch_key(folder: Path, batch: Batch, recipe: Recipe, learned: Learned) -> str:
    """Return the key of a batch: of its files, as the disk lists them, and of all that decides."""
    files = [[str(folder.resolve())]]
    for path in batch:
        try:
            info = os.lstat(folder / path)
            files.append([path, info.st_size, info.st_mtime_ns])
        except OSError as error:
            files.append([path, error.errno])
    vocabulary = hashlib.sha256()
    for part in itertools.chain(*learned):
        vocabulary.update(f"{part.dtype.str} {part.shape} ".encode() + part.tobytes())
    deciding = {"colour": recipe.colour, "learned": vocabulary.hexdigest(), "batch": True}
    return entry_key(json.dumps(files).encode(), observing_values(recipe) | deciding)
