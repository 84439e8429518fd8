"""Observations on disk, so that describing the same photos again takes no time.

One file for each photo and recipe, in a folder of the user's own: a magic word, a SHA-256, arrays.
An entry that is damaged, or that we did not write, is as good as none. The whole cache may be
deleted, spoilt or shared at any time: results are the same without it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import math
import os
import re
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagegroup.decode import cv2  # not before decode has silenced it
from imagegroup.files import read_file
from imagegroup.names import display_name
from imagegroup.skips import Skipped

FORMAT = 1
MAGIC = b"imagegroup observation\n"
ENTRY_BYTES = 64 * 2**20
"""Largest entry; the descriptors of 100,000 keypoints take 3 MB."""
DECIDING = ("formats", "decode", "images", "orb", "baselines", "vocabulary", "vectors")
"""Files of the package that decide what is observed: when one changes, old entries are misses."""

_SOURCES = b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in DECIDING)
CODE = hashlib.sha256(_SOURCES).hexdigest()  # of what is loaded, not of what is edited meanwhile
_BODY = len(MAGIC) + hashlib.sha256().digest_size
_PART = ".tmp-imagegroup-"
_DAY = 24 * 60 * 60

Observation = tuple[np.ndarray, ...]
Recall = Callable[[bytes, Callable[[], Observation]], Observation]


@dataclass(frozen=True)
class Cache:
    """A folder of observations.

    Parameters
    ----------
    folder : path
        Made when the first entry is stored, for this user alone. Never a folder of photos.
    limit_bytes : int
        When there is more, what was used longest ago goes.
    entry_bytes : int
        What is larger than this is not kept.

    Raises
    ------
    PermissionError
        From every method: the folder is another user's, or others may write to it.

    Examples
    --------
    >>> key = entry_key(b"the bytes of a photo", {"max_side": 640})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     cache = Cache(Path(place) / "observations")
    ...     before = cache.load(key)
    ...     cache.store(key, (np.zeros((500, 32), np.uint8),))
    ...     before, cache.load(key)[0].shape, cache.clear(), cache.size()
    (None, (500, 32), 1, (0, 0))
    """

    folder: Path | None = None
    limit_bytes: int = 2 * 2**30
    entry_bytes: int = ENTRY_BYTES

    def __post_init__(self) -> None:
        folder = default_folder() if self.folder is None else Path(self.folder).expanduser()
        object.__setattr__(self, "folder", folder)

    def recall(self, settings: Mapping[str, object], photos: Path) -> Recall:
        """Give a function of a file's bytes and of what would observe it, for `map_images`.

        It observes only what it has not kept under the same settings. Where the cache cannot be
        used it goes on without, and warns once. ValueError: the cache is in a place of photos.
        """
        if self.folder.resolve() in (photos.resolve(), *photos.resolve().parents):
            raise ValueError(
                f"the cache is in {display_name(self.folder)}, where the photos are: "
                "give it a folder of its own, such as Cache()."
            )

        def recalled(data: bytes, observe: Callable[[], Observation]) -> Observation:
            key = entry_key(data, settings)
            with _without_it_if_need_be(self.folder):
                kept = self.load(key)
                if kept is not None:
                    return kept
            seen = observe()
            with _without_it_if_need_be(self.folder):
                self.store(key, seen)
            return seen

        with _without_it_if_need_be(self.folder):
            self.prune()
        return recalled

    def load(self, key: str) -> Observation | None:
        """Return what is kept under a key, or None."""
        path = self._checked() / key
        try:
            data, _ = read_file(path, self.entry_bytes)
        except Skipped:
            return None
        if data[:_BODY] != _head(key, data[_BODY:]):
            return None
        with contextlib.suppress(OSError):  # its last use; the time it was written stays
            os.utime(path, ns=(time.time_ns(), os.stat(path).st_mtime_ns))
        return _unpack(data[_BODY:])

    def store(self, key: str, observation: Observation) -> None:
        """Keep an observation; readers see the old entry or the new one. OSError: the disk."""
        body = io.BytesIO()
        np.savez(body, *observation)
        if body.tell() > self.entry_bytes - _BODY:
            return
        self._checked().mkdir(0o700, parents=True, exist_ok=True)
        file, part = tempfile.mkstemp(prefix=_PART, dir=self._checked())
        try:
            with open(file, "wb") as stream:
                stream.write(_head(key, body.getvalue()) + body.getvalue())
            os.replace(part, self.folder / key)
        except BaseException:
            os.unlink(part)
            raise
        if key.startswith("00"):  # keys are spread evenly: after one store in 256
            self.prune()

    def prune(self) -> int:
        """Remove what was used longest ago until the rest fits; return how many went."""
        for part in self._checked().glob(_PART + "*"):  # left by a writer that was killed
            with contextlib.suppress(FileNotFoundError):
                if time.time() - part.lstat().st_mtime > _DAY:
                    part.unlink()
        entries = sorted(self._entries(), key=lambda entry: entry[1].st_atime_ns)
        excess = sum(info.st_size for _, info in entries) - self.limit_bytes
        gone = 0
        for path, info in entries:
            if excess <= 0:
                break
            gone += _remove(path)
            excess -= info.st_size
        return gone

    def clear(self) -> int:
        """Remove all entries, and nothing that is not one; return how many went."""
        return sum(_remove(path) for path, _ in self._entries())

    def size(self) -> tuple[int, int]:
        """Return how many entries there are, and their bytes."""
        sizes = [info.st_size for _, info in self._entries()]
        return len(sizes), sum(sizes)

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self._checked().glob("*"):
            with contextlib.suppress(FileNotFoundError):  # removed by another process
                if re.fullmatch("[0-9a-f]{64}", path.name):
                    yield path, path.lstat()

    def _checked(self) -> Path:
        """Return the folder if it is ours alone, or not there yet."""
        try:
            info = os.lstat(self.folder)
        except FileNotFoundError:
            return self.folder
        alone = os.name == "nt" or (info.st_uid == os.geteuid() and not info.st_mode & 0o022)
        if not (stat.S_ISDIR(info.st_mode) and alone):
            raise PermissionError(
                f"{display_name(self.folder)} is no folder of yours alone: "
                "remove it (chmod go-w, if it is yours), or give another with Cache(folder)."
            )
        return self.folder


def default_folder() -> Path:
    """Say where observations are kept: in the user's cache folder.

    >>> default_folder().name
    'observations'
    """
    import platformdirs

    return Path(platformdirs.user_cache_dir("imagegroup")) / "observations"


def entry_key(data: bytes, settings: Mapping[str, object]) -> str:
    """Return the key of a photo: 64 hex digits from its bytes and all that decides what is seen.

    >>> entry_key(b"photo", {"max_side": 640}) == entry_key(b"photo", {"max_side": 320})
    False
    """
    deciding = {**settings, "cv2": cv2.__version__, "cache": FORMAT, "code": CODE}
    text = json.dumps(deciding, sort_keys=True, default=float)
    return hashlib.sha256(hashlib.sha256(data).digest() + text.encode()).hexdigest()


def _head(key: str, body: bytes) -> bytes:
    """Give what stands before the arrays; an entry under another name does not match."""
    return MAGIC + hashlib.sha256(key.encode() + body).digest()


def _unpack(body: bytes) -> Observation | None:
    """Load arrays that take no more room than they are given, None if there is anything else."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            infos = arrays.zip.infolist()
            claimed = sum(info.file_size for info in infos)
            for info in infos:
                with arrays.zip.open(info) as file:
                    np.lib.format.read_magic(file)
                    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                claimed = max(claimed, math.prod(shape) * dtype.itemsize)
            if claimed > len(body):
                return None
            return tuple(arrays[f"arr_{i}"] for i in range(len(infos)))
    except Exception:  # its sum is right, so it was made to look like ours: it is none
        return None


def _remove(path: Path) -> int:
    """Remove a file if it begins as our entries do."""
    with contextlib.suppress(Skipped, FileNotFoundError):
        if read_file(path, len(MAGIC), start_only=True)[0] == MAGIC:
            path.unlink()
            return 1
    return 0


@contextlib.contextmanager
def _without_it_if_need_be(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _warn_once(
            f"going on without the cache in {display_name(folder)}, results are the same: "
            f"{error.strerror or error}"
        )


@functools.cache
def _warn_once(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)
