"""The edits as commands with paths and names: what a reader types, and what a journal reads as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np

from imagegroup.clusters import fit_k
from imagegroup.corrections import (
    Arrangement,
    Corrections,
    Edit,
    carry_out,
    corrected,
    folder_groups,
    folder_names,
    is_free,
    sum_line,
)
from imagegroup.evaluate import score_labels
from imagegroup.grouping import Grouping
from imagegroup.journal import open_journal


class Commands:
    """Edits of the groups; each is carried out by `do`. Photos are named by path, groups by name.

    ValueError, one line: a photo or group is not there, a name is taken, nothing is to be undone.
    """

    grouping: Grouping
    corrections: Corrections

    def do(self, edit: Edit) -> None:
        """Carry out an edit and keep it."""
        raise NotImplementedError

    @property
    def now(self) -> Arrangement:
        """What lies where."""
        return self.corrections.now

    def move(self, photos: Sequence[str], to: str) -> None:
        """Put photos into a group."""
        self.do(Edit("move", {"photos": self._rows(photos), "to": self.now.find(to)}))

    def new_group(self, photos: Sequence[str], name: str) -> None:
        """Put photos into a new group."""
        self.do(Edit("new_group", {"photos": self._rows(photos), "name": name}))

    def merge(self, group: str, into: str) -> None:
        """Put all photos of a group into another."""
        one, other = self.now.find(group), self.now.find(into)
        photos = self.now.members(one).tolist()
        self.do(Edit("merge", {"photos": photos, "group": one, "to": other}))

    def split(
        self,
        group: str,
        k: int = 2,
        parts: Sequence[Sequence[str]] = (),
        names: Sequence[str] = (),
    ) -> None:
        """Split a group by K-means on it alone; with `parts`, put these photos into groups `names`.

        The largest part stays; the others are called after the group: cats 2, cats 3.
        """
        one = self.now.find(group)
        photos = self.now.members(one).tolist()
        if parts:
            of = {row: i for i, part in enumerate(parts, 1) for row in self._rows(part)}
            numbers = [of.get(row, 0) for row in photos]
        else:
            numbers = propose_parts(self.grouping, photos, k)
        names = list(names) or free_names(self.now, group, max(numbers))
        arguments = {"photos": photos, "group": one, "parts": numbers, "names": names}
        self.do(Edit("split", arguments))

    def rename(self, group: str, to: str) -> None:
        """Call a group something else."""
        self.do(Edit("rename", {"group": self.now.find(group), "name": to}))

    def not_sure(self, photos: Sequence[str], marked: bool = True) -> None:
        """Mark photos "not sure", or take the mark away."""
        self.do(Edit("not_sure", {"photos": self._rows(photos), "marked": marked}))

    def undo(self) -> None:
        """Take back the last edit."""
        self.do(Edit("undo"))

    def redo(self) -> None:
        """Carry out again the edit that was taken back last."""
        self.do(Edit("redo"))

    def corrected(self) -> Grouping:
        """Return the grouping with the groups as they are now; see `corrections.corrected`."""
        return corrected(self.grouping, self.now)

    def names(self) -> dict[int, str]:
        """Return label -> name for `plan_export(desk.corrected(), out, names=desk.names())`."""
        return folder_names(self.now)

    def code(self) -> list[str]:
        """Return the edits in force as lines of Python, `desk` being an object like this."""
        steps = zip(self.corrections.states, self.corrections.edits, strict=False)
        lines = [as_code(edit, state, self.grouping.paths) for state, edit in steps]
        return lines[: self.corrections.at]

    def sum_line(self) -> str:
        """Return the sum of all files seen: "101 in = 96 grouped + 3 no features + 2 skipped"."""
        return sum_line(self.now, len(self.grouping.skipped))

    def effort(self) -> Effort:
        """Return what correcting cost and changed."""
        return measure_effort(self.corrections)

    def _rows(self, photos: Sequence[str]) -> list[int]:
        if isinstance(photos, str):
            photos = [photos]
        known = {path: row for row, path in enumerate(self.grouping.paths)}
        for path in photos:
            if path not in known:
                raise ValueError(f"{path!r}: no photo of this grouping; see grouping.paths.")
        return [known[path] for path in photos]


class Corrector(Commands):
    """A grouping, its edits and their journal.

    Parameters
    ----------
    grouping : Grouping
    journal : path, read if it exists; see `journal.open_journal`

    Attributes
    ----------
    journal : Journal
        `journal.told` says what was found in it.
    """

    def __init__(self, grouping: Grouping, journal: str | Path) -> None:
        self.grouping = grouping
        self.journal, self.corrections = open_journal(journal, grouping)

    def do(self, edit: Edit) -> None:
        """Carry out an edit; it counts once it is on the disk. JournalError: it could not be."""
        after = carry_out(self.corrections, edit)
        self.journal.append(edit)
        self.corrections = after


@dataclass(frozen=True)
class Effort:
    """What correcting cost and changed.

    Attributes
    ----------
    edits : int
        In force.
    undone : int
        How often an edit was taken back.
    placed : int
        Photos put into a group by hand; those of a merged or split group do not count.
    unsure : int
        Photos marked "not sure".
    groups_before, groups_after : int
    changed : int
        Photos that are in another group, when the groups before and after are paired one to one
        so that as many stay as possible.
    """

    edits: int
    undone: int
    placed: int
    unsure: int
    groups_before: int
    groups_after: int
    changed: int

    def __str__(self) -> str:
        return (
            f"{self.edits} edits ({self.undone} undone), {self.placed} photos placed by hand, "
            f"{self.unsure} not sure: {self.changed} photos changed group, "
            f"{self.groups_before} groups became {self.groups_after}."
        )


def measure_effort(corrections: Corrections) -> Effort:
    """Compare the present groups with the first."""
    first, now = corrections.states[0], corrections.now
    n = len(now.groups)
    stayed = score_labels(first.groups, now.groups).accuracy * n if n else 0
    return Effort(
        edits=corrections.at,
        undone=corrections.undone,
        placed=int(now.placed.sum()),
        unsure=int(now.unsure.sum()),
        groups_before=len(folder_groups(first)),
        groups_after=len(folder_groups(now)),
        changed=n - round(stayed),
    )


def propose_parts(grouping: Grouping, photos: Sequence[int], k: int = 2) -> list[int]:
    """Let K-means split a group alone, with the recipe's seed: give the part of each photo.

    Parameters
    ----------
    grouping : Grouping
    photos : rows of the group
    k : int, how many parts; fewer come back when its photos differ too little

    Returns
    -------
    list of int
        0 for the largest part, 1 for the next. Images without features are in part 0.

    Raises
    ------
    ValueError
        K-means finds no two parts.
    """
    rows, recipe = np.array(photos, int), grouping.recipe
    featured = grouping.vectors[rows].any(axis=1)
    labels = np.zeros(0, int)
    if 2 <= k <= featured.sum():
        how = {"n_dims": recipe.n_dims, "n_init": recipe.n_init}
        labels = fit_k(grouping.vectors[rows[featured]], k, **how, random_state=recipe.random_state)
    _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        raise ValueError(
            f"{len(rows)} photos cannot be split into {k}: expected at least 2 parts and a photo "
            "with features for each."
        )
    parts = np.zeros(len(rows), int)
    parts[featured] = np.argsort(np.argsort(-counts, kind="stable"))[labels]
    return parts.tolist()


def free_names(arrangement: Arrangement, name: str, number: int) -> list[str]:
    """Return so many names made from that of a group, none of them taken.

    Examples
    --------
    >>> from imagegroup.corrections import arrange
    >>> free_names(arrange(np.array([0, 1]), {0: "cats", 1: "Cats 3"}), "cats", 2)
    ['cats 2', 'cats 4']
    """
    candidates = (f"{name} {i}" for i in count(2))
    return list(islice((c for c in candidates if is_free(arrangement, c)), number))


def as_code(edit: Edit, before: Arrangement, paths: Sequence[str]) -> str:
    """Return an edit as a line of Python; `before` is the state it was made in.

    Examples
    --------
    >>> from imagegroup.corrections import arrange
    >>> before = arrange(np.array([0, 1]), {0: "cats", 1: "dogs"})
    >>> as_code(Edit("move", {"photos": [1], "to": 0}), before, ["a.jpg", "b.jpg"])
    "desk.move(['b.jpg'], to='cats')"
    """
    given = dict(edit.arguments)
    rows = given.pop("photos", [])
    photos = ascii([paths[row] for row in rows])
    if edit.verb in ("move", "new_group", "not_sure"):
        if "to" in given:
            given["to"] = before.names[given["to"]]
        first = photos
    else:
        first = ascii(before.names[given.pop("group")])
    if edit.verb == "merge":
        given = {"into": before.names[given["to"]]}
    elif edit.verb == "rename":
        given = {"to": given["name"]}
    elif edit.verb == "split":
        numbers = range(1, len(given["names"]) + 1)
        pairs = list(zip(rows, given["parts"], strict=True))
        parts = [[paths[row] for row, part in pairs if part == number] for number in numbers]
        given = {"parts": parts, "names": given["names"]}
    rest = "".join(f", {name}={value!a}" for name, value in given.items())
    return f"desk.{edit.verb}({first}{rest})"
