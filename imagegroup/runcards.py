"""Run cards: what a result came from, as JSON, and what changed between two runs."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagegroup.decode import cv2
from imagegroup.evaluate import score_labels
from imagegroup.files import read_file
from imagegroup.grouping import Grouping
from imagegroup.images import Limits
from imagegroup.names import display_name
from imagegroup.recipes import Recipe
from imagegroup.skips import Skipped
from imagegroup.sweep_rows import replace_file

PACKAGES = ("numpy", "scipy", "scikit-learn", "kneed")
"""Packages, beside OpenCV and our own, whose version may change a result."""


@dataclass(frozen=True, eq=False)
class RunChanges:
    """What changed from run a to run b.

    Attributes
    ----------
    settings, versions : dict of name to (value in a, value in b), those that differ
    same_images : bool
        Whether names and contents of all images are the same.
    counts : (groups of a, groups of b) int
        Images by their group in a and in b, for images that both runs have; rows and columns
        follow `groups_a` and `groups_b`, ascending, -1 first for images without features.
    groups_a, groups_b : (m,) int
    moved : tuple of str
        Paths that left their group, when groups of a and b are paired to keep as many as possible.
    missing : tuple of str
        Paths that only one of the runs has.
    ari : float
        Adjusted Rand index of the two groupings; 1 when they are the same.
    """

    settings: dict[str, tuple]
    versions: dict[str, tuple]
    same_images: bool
    counts: np.ndarray
    groups_a: np.ndarray
    groups_b: np.ndarray
    moved: tuple[str, ...]
    missing: tuple[str, ...]
    ari: float

    def __str__(self) -> str:
        """Say it in lines."""
        changed = {**self.settings, **self.versions}.items()
        lines = [f"{name}: {old} -> {new}" for name, (old, new) in changed]
        lines = lines or ["same settings and versions"]
        same = "the same images" if self.same_images else "not the same images"
        both = self.counts.sum()
        moved = f"{len(self.moved)} of {both} images moved (ARI {self.ari:.3f})"
        return "\n".join([*lines, f"{same}; {moved}"])


def versions() -> dict[str, str]:
    """Return the versions that may change a result.

    >>> sorted(versions())
    ['imagegroup', 'kneed', 'numpy', 'opencv', 'python', 'scikit-learn', 'scipy']
    """
    import imagegroup

    return {
        "imagegroup": imagegroup.__version__,
        "python": platform.python_version(),
        "opencv": cv2.__version__,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def hash_images(folder: str | Path, paths: Sequence[str]) -> str:
    """Return a SHA-256 of names and contents, 64 hex digits; the order of paths does not matter.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = (Path(place) / "1.jpg").write_bytes(b"photo")
    ...     before = hash_images(place, ["1.jpg"])
    ...     _ = (Path(place) / "1.jpg").write_bytes(b"other")
    ...     before == hash_images(place, ["1.jpg"])
    False
    """
    total = hashlib.sha256()
    for path in sorted(paths):
        try:
            data, _ = read_file(os.path.join(folder, path), Limits().file_bytes)
        except Skipped as skip:
            data = skip.reason.value.encode()
        for part in (os.fsencode(path), data):
            total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def hash_settings(recipe: Recipe, grid: Mapping[str, Sequence[str]]) -> str:
    """Return a SHA-256 of a grid and of what it leaves fixed; the seed is no setting.

    >>> grid = {"n_levels": ["1", "8"]}
    >>> one, other = Recipe(), Recipe().with_values(n_levels=4, random_state=7)
    >>> hash_settings(one, grid) == hash_settings(other, grid) != hash_settings(one, {})
    True
    """
    values = _flat(dataclasses.asdict(recipe))
    fixed = {name: v for name, v in values.items() if name not in {*grid, "random_state"}}
    swept = sorted((name, sorted(texts)) for name, texts in grid.items())  # in whatever order
    text = json.dumps([fixed, swept], default=float)
    return hashlib.sha256(text.encode()).hexdigest()


def run_card(grouping: Grouping) -> dict:
    """Return what is needed to say where a grouping came from, and to make it again.

    Returns
    -------
    dict
        "recipe", "versions", "seeds" (of vocabulary and K-means), "images" (`hash_images` of those
        read), "seconds" of each stage, "k", "criterion", "labels" by path, "skipped" reason by
        path. All plain values, for `save_card`.
    """
    return {
        "recipe": dataclasses.asdict(grouping.recipe),
        "versions": versions(),
        "seeds": [grouping.recipe.random_state],
        "images": hash_images(grouping.folder, grouping.paths),
        "seconds": grouping.seconds,
        "k": grouping.k,
        "criterion": grouping.criterion,
        "labels": dict(zip(grouping.paths, grouping.labels.tolist(), strict=True)),
        "skipped": {s.path: s.reason.value for s in grouping.skipped},
    }


def save_card(card: Mapping, path: str | Path) -> Path:
    """Write a card as JSON, whole or not at all; an older file of that name is replaced."""
    return replace_file(Path(path).expanduser(), json.dumps(card, indent=1, default=float) + "\n")


def load_card(path: str | Path) -> dict:
    """Read a card; ValueError when the file is not one."""
    try:
        card = json.loads(Path(path).expanduser().read_text("utf-8"))
        if {"recipe", "versions", "images", "labels"} <= set(card):
            return card
    except (ValueError, TypeError):
        pass
    raise ValueError(f"{display_name(path)} is no run card: expected JSON as save_card writes it.")


def compare_runs(a: Mapping | Grouping, b: Mapping | Grouping) -> RunChanges:
    """Say what changed between two runs, and which images moved between groups.

    Parameters
    ----------
    a, b : run cards, or groupings

    Raises
    ------
    ValueError
        The runs have no image in common.

    Examples
    --------
    One of four images moved; the numbers of the groups do not matter.

    >>> card = {"recipe": {"k": 2}, "versions": {}, "images": "0"}
    >>> before = card | {"labels": {"1.jpg": 0, "2.jpg": 0, "3.jpg": 1, "4.jpg": 1}}
    >>> after = card | {"labels": {"1.jpg": 1, "2.jpg": 1, "3.jpg": 1, "4.jpg": 0}}
    >>> compare_runs(before, after).moved
    ('3.jpg',)
    """
    a, b = (run_card(run) if isinstance(run, Grouping) else run for run in (a, b))
    shared = sorted(set(a["labels"]) & set(b["labels"]))
    if not shared:
        raise ValueError("the two runs have no image in common: compare runs of one folder.")
    labels_a, labels_b = (np.array([run["labels"][p] for p in shared]) for run in (a, b))
    groups_a, rows = np.unique(labels_a, return_inverse=True)
    groups_b, columns = np.unique(labels_b, return_inverse=True)
    counts = np.zeros((len(groups_a), len(groups_b)), int)
    np.add.at(counts, (rows, columns), 1)
    return RunChanges(
        _changed(_flat(a["recipe"]), _flat(b["recipe"])),
        _changed(a["versions"], b["versions"]),
        a["images"] == b["images"],
        counts,
        groups_a,
        groups_b,
        tuple(np.array(shared, object)[~_kept(counts)[rows, columns]].tolist()),
        tuple(sorted(set(a["labels"]) ^ set(b["labels"]))),
        score_labels(labels_a, labels_b).ari,
    )


def _kept(counts: np.ndarray) -> np.ndarray:
    """Mark the pairs of groups that keep the most images together, each group once."""
    from scipy.optimize import linear_sum_assignment

    kept = np.zeros(counts.shape, bool)
    kept[linear_sum_assignment(counts, maximize=True)] = True
    return kept


def _flat(recipe: Mapping) -> dict:
    """Lift ORB's parameters beside the others; lists as JSON has them are tuples."""
    values = {**recipe, **recipe.get("orb", {})}
    return {n: tuple(v) if isinstance(v, list) else v for n, v in values.items() if n != "orb"}


def _changed(a: Mapping, b: Mapping) -> dict[str, tuple]:
    names = [*a, *(name for name in b if name not in a)]
    return {n: (a.get(n), b.get(n)) for n in names if a.get(n) != b.get(n)}
