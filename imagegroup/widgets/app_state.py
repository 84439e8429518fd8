"""What the app computes: the groups for every k, the proposals of each criterion, one k of them."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

from imagegroup.cache import Cache
from imagegroup.clusters import CRITERIA, choose_k
from imagegroup.grouping import Grouping, group_images
from imagegroup.names import display_name
from imagegroup.recipes import Recipe

MOST_NAMED = 5
"""Skipped files that are named."""


class LastLine(io.TextIOBase):
    """A stand-in for stderr: calls `show` with the newest state of the progress bars.

    Examples
    --------
    >>> stream = LastLine(print)
    >>> _ = stream.write("\\r 40%"), stream.write("\\n\\r 60%"), stream.write("\\x1b[A")
    40%
    60%
    """

    encoding = "utf-8"  # tqdm asks before it draws blocks

    def __init__(self, show: Callable[[str], object]) -> None:
        self.show = show

    def write(self, text: str) -> int:
        """Take what a bar writes, with or without the marks that move a terminal's cursor."""
        words = text.replace("\x1b[A", "").strip()
        if words:
            self.show(words)
        return len(text)


def measure(folder: Path, recipe: Recipe, cache: Cache) -> Grouping:
    """Group a folder so that the sweep holds what every criterion needs.

    Raises
    ------
    ValueError, OSError
        The folder holds no photo with features, or cannot be read.
    """
    every = recipe.with_values(k="contrast", fallback="stability")  # the sweep measures for both
    grouping = group_images(folder, every, progress=True, cache=cache)
    if grouping.sweep is None:
        name = display_name(folder.name)
        raise ValueError(f"{name} holds no photo with features: choose or upload others.")
    return grouping


def proposals(grouping: Grouping) -> dict[str, int | None]:
    """Return the k that each criterion proposes, None where it finds none."""
    return {criterion: choose_k(grouping.sweep, criterion) for criterion in CRITERIA}


def in_words(proposed: dict[str, int | None]) -> str:
    """Return the proposals as a line.

    Examples
    --------
    >>> in_words({"elbow": None, "silhouette": 3})
    'Proposals for k: elbow finds none · silhouette 3'
    """
    found = (f"{name} {'finds none' if k is None else k}" for name, k in proposed.items())
    return "Proposals for k: " + " · ".join(found)


def with_k(
    measured: Grouping, recipe: Recipe, k: int, criterion: str | None, cache: Cache
) -> Grouping:
    """Return the grouping with k groups; it keeps the sweep over all k.

    Parameters
    ----------
    measured : Grouping, of `measure`
    recipe : Recipe
    k : int or None
        None is what a criterion proposes that finds none.
    criterion : str or None
        What chose k; None means the reader.

    Raises
    ------
    ValueError
        k is None or larger than the number of photos.
    """
    if k is None:
        raise ValueError(f"{criterion} finds no k here: choose another criterion, or the slider.")
    if k != measured.k:
        again = group_images(measured.folder, recipe.with_values(k=k), cache=cache)
        measured = dataclasses.replace(again, sweep=measured.sweep)
    asked = recipe.with_values(k=criterion or k)
    return dataclasses.replace(measured, recipe=asked, criterion=criterion or "given")


def result(grouping: Grouping) -> str:
    """Return how many groups there are, what chose k, and which files were skipped and why."""
    text = f"{grouping.k} groups, k: {grouping.criterion}."
    for skipped in grouping.skipped[:MOST_NAMED]:
        text += f" Skipped: {display_name(skipped.path, 40)}: {skipped.reason.sentence}"
    more = len(grouping.skipped) - MOST_NAMED
    return text + (f" And {more} more, listed in the report." if more > 0 else "")
