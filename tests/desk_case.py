"""Photos for the desk, and what its page sends and shows, without a browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from corrections_case import grouping_of

from imagegroup.grouping import Grouping
from imagegroup.widgets.desk import Desk


def group_photos(album: Path, tmp_path: Path) -> Grouping:
    """Give 40 photos in groups of 20, 14 and 5, one without features; vectors on a line."""
    folder = tmp_path / "photos"
    paths = sorted(p.relative_to(album).as_posix() for p in album.rglob("*.jpg"))[:40]
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(album / path, folder / path)
    labels = [0] * 20 + [1] * 14 + [2] * 5 + [-1]
    rng = np.random.default_rng(5)
    vectors = np.zeros((40, 2), np.float32)
    vectors[:, 0] = np.array(labels) * 10 + rng.uniform(-4, 4, 40) + 100
    vectors[39] = 0
    return grouping_of(labels, vectors, folder=folder, paths=tuple(paths), skipped=2)


def act(view: Desk, kind: str, **values) -> None:
    """Send what grid.js sends; a selection or focus given is one that the reader has just made."""
    new = bool({"selected", "focus"} & set(values))
    event = {"selected": sorted(view.state.selected), "focus": view.state.focus}
    view._handle({"kind": kind, **event, "seen": view.seen + new, **values})


def press(view: Desk, *keys: str) -> None:
    for key in keys:
        act(view, "key", key=key)


def shown(view: Desk) -> dict:
    """Give key of a band -> rows shown."""
    return {band["key"]: [p[0] for p in band["photos"]] for band in view.grid.view["bands"]}
