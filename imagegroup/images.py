"""Read images: each comes as an upright grey array, or is skipped with a reason.

OpenCV gets bytes, never a path: a name that is not UTF-8 crashes its `imread`, a pipe hangs it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from imagegroup import process
from imagegroup.decode import decode, reduction, shrink
from imagegroup.files import Listing, list_folder, read_file
from imagegroup.formats import Header, sniff
from imagegroup.skips import Skipped, SkipReason

__all__ = [
    "Limits",
    "Listing",
    "Photo",
    "list_folder",
    "map_images",
    "read_image",
    "read_photo",
    "shrink",
]

Result = TypeVar("Result")

BUDGET = 24 * 2**20
"""Pixels in flight by default: two photos of a phone at full size."""
HEAD = 2**20
"""Bytes that are read to learn the size of an image; if that is not enough, it is read alone."""

_SYSTEM_NAMES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
_NO_PICTURE = {SkipReason.EMPTY, SkipReason.NOT_AN_IMAGE, SkipReason.DOCUMENT, SkipReason.HTML}


@dataclass(frozen=True)
class Limits:
    """What an image may cost.

    Parameters
    ----------
    file_bytes : int
        Bytes of the file.
    pixels : int
        Width x height, from the header. At its peak decoding takes 2 to 9 bytes for each pixel,
        for JPEG 2000 and AVIF 17. (Only AVIF can hold more pixels than its header says: 268 Mpx.)
    side : int
        Longer side, in px.
    jpeg_scans : int
        Scans of a JPEG; an ordinary progressive one has ten.
    """

    file_bytes: int = 256 * 2**20
    pixels: int = 100_000_000
    side: int = 65_535
    jpeg_scans: int = 100


LIMITS = Limits()


@dataclass(frozen=True, eq=False)
class Photo:
    """An image as read.

    Parameters
    ----------
    image : (H, W) uint8 grey, or (H, W, 3) uint8 RGB
        Upright, at the size asked for.
    width, height : int
        Size of the upright photo at full size, in px.
    swatch : (h, w, 3) uint8 RGB, or None
        Every n-th row and column of the picture, to count its colours; None if not asked for.
    path : str, of the file, from `map_images`
    """

    image: np.ndarray
    width: int
    height: int
    swatch: np.ndarray | None = None
    path: str = ""


def read_image(
    path: str | os.PathLike, max_side: int = 0, *, limits: Limits = LIMITS
) -> np.ndarray:
    """Read an image as grey values, upright.

    Parameters
    ----------
    path : str or path
        A file. Its content decides what it is, not its name.
    max_side : int
        Long side of the result in px; a smaller image stays as it is. 0: full size, exactly as
        decoded. Else a large JPEG is decoded at a half, quarter or eighth, which is much faster.
    limits : Limits
        What the image may cost.

    Returns
    -------
    (H, W) uint8
        Grey values, rows from top to bottom.

    Raises
    ------
    Skipped
        It cannot be read; `reason` and `detail` say why.

    Examples
    --------
    >>> import skimage
    >>> read_image(os.path.join(skimage.data_dir, "coins.png")).shape
    (303, 384)
    >>> read_image(os.path.join(skimage.data_dir, "coins.png"), max_side=96).shape
    (76, 96)
    """
    return read_photo(path, max_side, limits=limits).image


def read_photo(
    path: str | os.PathLike,
    max_side: int = 0,
    *,
    colour: bool = False,
    swatch: bool = False,
    limits: Limits = LIMITS,
) -> Photo:
    """Read an image with its full size; parameters and exceptions as in `read_image`.

    Parameters
    ----------
    colour : bool
        RGB instead of grey.
    swatch : bool
        Keep a sample of the colours beside the image.

    Examples
    --------
    >>> import skimage
    >>> photo = read_photo(os.path.join(skimage.data_dir, "coffee.png"), 100, colour=True)
    >>> photo.image.shape, photo.width, photo.height
    ((67, 100, 3), 600, 400)
    """
    how = {"colour": colour, "swatch": swatch, "scans": limits.jpeg_scans}
    return Photo(*decode(*_load(path, limits, *_look(path, limits)), max_side, **how))


def _load(path, limits: Limits, header: Header | None, data: bytes, size: int):
    """Give the bytes of an image and its header, from what `_look` gave if that is all of it."""
    if size > len(data):
        data, _ = read_file(path, limits.file_bytes)
        header = sniff(data)
    if header.pixels > limits.pixels or max(header.width, header.height) > limits.side:
        raise Skipped(SkipReason.TOO_LARGE, f"{header.width} x {header.height} px")
    return data, header


def _look(path: str | os.PathLike, limits: Limits) -> tuple[Header | None, bytes, int]:
    """Read and sniff the start of a file: header (None if it goes on after that), start, size.

    So a film is told by its first bytes, without reading the rest.
    """
    start, size = read_file(path, min(HEAD, limits.file_bytes), start_only=True)
    try:
        return sniff(start), start, size
    except Skipped as skip:
        reason, detail = skip.reason, skip.detail
    if reason is SkipReason.CORRUPT and size > len(start):
        return None, start, size
    name = os.path.basename(os.fsdecode(path))
    if reason in _NO_PICTURE and (name.startswith(".") or name.lower() in _SYSTEM_NAMES):
        reason, detail = SkipReason.SYSTEM_FILE, ""
    if reason is SkipReason.NOT_AN_IMAGE and size > limits.file_bytes:
        reason, detail = SkipReason.FILE_TOO_LARGE, f"{size} bytes of at most {limits.file_bytes}"
    raise Skipped(reason, detail)


def map_images(
    function: Callable[[Photo], Result],
    folder: str | os.PathLike,
    paths: Iterable[str],
    *,
    max_side: int = 0,
    colour: bool = False,
    swatch: bool = False,
    jobs: int = 0,
    limits: Limits = LIMITS,
    pixel_budget: int = BUDGET,
    recall: Callable[[bytes, Callable[[], Result]], Result] | None = None,
) -> Iterator[Result | Skipped]:
    """Read images in threads and apply a function to each.

    Memory is bounded by the pixels in flight, not by `jobs`: an image waits until there is room,
    one larger than the budget until it is alone. Each is worked on with OpenCV and BLAS at one
    thread; an iteration that is left half used holds nothing.

    Parameters
    ----------
    function : callable
        Takes a `Photo`; runs in a thread. `Skipped` and memory that runs out skip the image,
        whatever else it raises ends the iteration.
    folder, paths, max_side, colour, swatch, limits
        As given to and by `list_folder`, and as in `read_photo`.
    jobs : int
        Threads; 0 is one for each core.
    pixel_budget : int
        Pixels being decoded or worked on at the same time.
    recall : callable, optional
        Gets the bytes and what decodes them and applies the function; see `Cache.recall`.

    Yields
    ------
    object
        What the function returned, or `Skipped`, in the order of `paths`.

    Examples
    --------
    >>> import skimage
    >>> list(map_images(lambda photo: photo.width, skimage.data_dir, ["coins.png", "camera.png"]))
    [384, 512]
    """
    jobs = jobs or cv2.getNumberOfCPUs()
    share, stopped = _share_pixels(pixel_budget), threading.Event()
    how = {"max_side": max_side, "colour": colour, "swatch": swatch, "scans": limits.jpeg_scans}
    seen = recall or (lambda data, observe: observe())

    def work(path: str) -> Result | Skipped | None:
        whole = os.path.join(folder, path)
        try:
            header, start, size = _look(whole, limits)
            # The limit of threads is held by each task: between two results the caller may do
            # what it likes, and for as long.
            with share(_cost(header, size, max_side, limits)), process.one_thread():
                if stopped.is_set():
                    return None
                data, header = _load(whole, limits, header, start, size)
                return seen(data, lambda: function(Photo(*decode(data, header, **how), whole)))
        except Skipped as skip:
            return Skipped(skip.reason, skip.detail)  # a new one: a traceback would hold the pixels
        except (MemoryError, cv2.error) as error:
            if getattr(error, "code", cv2.Error.StsNoMem) != cv2.Error.StsNoMem:
                raise
            return Skipped(SkipReason.MEMORY)

    name = f"imagegroup-{id(share)}"
    pool = ThreadPoolExecutor(jobs, thread_name_prefix=name)
    try:
        ahead = deque()  # no further than this, so that results do not pile up behind a slow image
        for path in paths:
            ahead.append(pool.submit(work, path))
            if len(ahead) > 4 * jobs:
                yield ahead.popleft().result()
        yield from (future.result() for future in ahead)
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
        while any(thread.name.startswith(name) for thread in threading.enumerate()):
            time.sleep(0.01)  # the pool forgets a thread if it was interrupted starting it


def _share_pixels(budget: int) -> Callable[[int], AbstractContextManager]:
    """Give a context manager that waits until so many pixels are free, all of them at most."""
    free, change = budget, threading.Condition()

    @contextmanager
    def share(pixels: int) -> Iterator[None]:
        nonlocal free
        taken = min(pixels, budget)
        with change:
            change.wait_for(lambda: free >= taken)
            free -= taken
        try:
            yield
        finally:
            with change:
                free += taken
                change.notify_all()

    return share


def _cost(header: Header | None, size: int, max_side: int, limits: Limits) -> int:
    """Estimate the pixels that reading takes; rather too many."""
    if header is None:
        return limits.pixels
    factor = 1 if header.buffered else reduction(header, max_side)
    return max(header.pixels // factor**2, size)
