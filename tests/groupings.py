"""Groupings made by hand, so that tests know the answer."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from hostile_names import HOSTILE_NAMES

from imagegroup import DEFAULT
from imagegroup.clusters import sweep_k
from imagegroup.grouping import Grouping
from imagegroup.skips import SkippedFile, SkipReason

SECRET = b"GPS 52.5 N 13.4 E"
"""A comment in every photo of `hostile_grouping`, which no page may carry on."""


def made_grouping(
    vectors: np.ndarray,
    labels: np.ndarray,
    *,
    folder: Path = Path("photos"),
    paths: tuple[str, ...] = (),
    skipped: tuple[SkippedFile, ...] = (),
    **values: object,
) -> Grouping:
    """Give a grouping of these vectors and labels; `values` are further fields of Grouping."""
    vectors, labels = np.asarray(vectors), np.asarray(labels, np.int32)
    centers = [vectors[labels == label].mean(axis=0) for label in range(labels.max() + 1)]
    known = {"sweep": None, "criterion": "given", "recipe": DEFAULT, "seconds": {}} | values
    return Grouping(
        folder=folder,
        paths=paths or tuple(f"{row:03d}.jpg" for row in range(len(labels))),
        vectors=vectors,
        labels=labels,
        centers=np.array(centers, np.float32),
        skipped=skipped,
        **known,
    )


def hostile_grouping(place: Path) -> Grouping:
    """Write photos with hostile names below a hostile folder; the skipped are named like them."""
    folder = place / "<script>alert(1)<\u2215script>"
    folder.mkdir()
    for value, name in enumerate(HOSTILE_NAMES):
        (folder / name).write_bytes(photo_bytes(value))
    n = len(HOSTILE_NAMES)
    vectors, labels = np.random.default_rng(0).normal(size=(n, 5)), np.arange(n) % 4 - 1
    skipped = tuple(SkippedFile(name, SkipReason.CORRUPT, name) for name in HOSTILE_NAMES)
    values = {"skipped": skipped, "sweep": sweep_k(vectors, range(1, 6), n_init=1)}
    return made_grouping(vectors, labels, folder=folder, paths=HOSTILE_NAMES, **values)


def photo_bytes(value: int) -> bytes:
    """Give a small JPEG with a comment in it."""
    square = np.full((40, 60, 3), value % 256, np.uint8)
    square[10:20, 10:30] = 255 - value % 256
    data = cv2.imencode(".jpg", square)[1].tobytes()
    comment = b"\xff\xfe" + (len(SECRET) + 2).to_bytes(2, "big") + SECRET
    return data[:2] + comment + data[2:]
