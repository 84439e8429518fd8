"""Groups put right by hand: what lies where, and each edit as a value that can be undone.

Nothing here writes; `journal` keeps the edits on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from imagegroup.grouping import Grouping
from imagegroup.names import safe_component
from imagegroup.plan import MANIFEST, TABLES, unique_names
from imagegroup.plan import NO_FEATURES as NO_FEATURES_NAME

NO_FEATURES, NEW = -1, -2
"""Groups that are always there: of images without features, of photos that came later."""

Rows = Sequence[int]


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Which photo lies in which group; row i of each array is photo i of the grouping.

    Attributes
    ----------
    groups : (n,) int32
        The group of each photo: 0 and up, -1 without features, -2 came after the others.
        A group keeps its number whatever happens to others.
    names : mapping of int to str
        Every group that was ever made; each name is safe as the name of a folder.
    unsure : (n,) bool
        Marked "not sure"; such a photo stays where it is.
    placed : (n,) bool
        Put where it is by hand.
    """

    groups: np.ndarray
    names: Mapping[int, str]
    unsure: np.ndarray
    placed: np.ndarray

    @cached_property
    def sizes(self) -> dict[int, int]:
        """The groups that hold photos, with their number; -2 and -1 come last."""
        found, counts = np.unique(self.groups, return_counts=True)
        sizes = dict(zip(found.tolist(), counts.tolist(), strict=True))
        return {group: sizes[group] for group in sorted(sizes, key=lambda g: (g < 0, g))}

    def members(self, group: int) -> np.ndarray:
        """Return the rows of a group."""
        return np.flatnonzero(self.groups == group)

    def find(self, name: str) -> int:
        """Return the number of the group of this name. ValueError: no group is called so."""
        known = {self.names[group]: group for group in self.sizes}
        if name not in known:
            raise ValueError(f"{name!r}: no such group; there are {', '.join(known)}.")
        return known[name]


@dataclass(frozen=True)
class Edit:
    """One edit: the name of a function in `VERBS` and its arguments, or "undo" or "redo"."""

    verb: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Corrections:
    """All states from the first to the last; `now` is `states[at]`, edits[i] led to states[i + 1].

    A state of n photos takes 6 n bytes.
    """

    states: tuple[Arrangement, ...]
    edits: tuple[Edit, ...] = ()
    at: int = 0
    undone: int = 0

    @property
    def now(self) -> Arrangement:
        """The present state."""
        return self.states[self.at]


def start(grouping: Grouping) -> Corrections:
    """Begin with the groups as they were found, called as `grouping.name` says.

    Examples
    --------
    >>> from types import SimpleNamespace as Values
    >>> called = "cluster_{:02d}".format
    >>> corrections = start(Values(labels=np.array([0, 1, 1, -1]), k=2, name=called))
    >>> corrections = carry_out(corrections, Edit("rename", {"group": 1, "name": "cats"}))
    >>> corrections = carry_out(corrections, Edit("move", {"photos": [0], "to": 1}))
    >>> corrections.now.groups.tolist(), folder_names(corrections.now)
    ([1, 1, 1, -1], {0: 'cats'})
    >>> corrections = carry_out(corrections, Edit("undo"))
    >>> corrections.now.groups.tolist(), folder_names(corrections.now)
    ([0, 1, 1, -1], {0: 'cluster_00', 1: 'cats'})
    """
    groups = np.array(grouping.labels, np.int32)
    names = {group: grouping.name(group) for group in range(grouping.k)}
    return Corrections((arrange(groups, names),))


def arrange(groups: np.ndarray, names: Mapping[int, str]) -> Arrangement:
    """Return the state before any edit, with the two groups that are always there."""
    always = {NO_FEATURES: NO_FEATURES_NAME, NEW: "new_photos"}
    marks = np.zeros(len(groups), bool)
    return Arrangement(groups, MappingProxyType({**names, **always}), marks, marks)


def carry_out(corrections: Corrections, edit: Edit) -> Corrections:
    """Return the corrections after one more edit. ValueError: it cannot be done; see the edits."""
    at, states = corrections.at, corrections.states
    if edit.verb == "undo":
        if at == 0:
            raise ValueError("nothing to undo.")
        return replace(corrections, at=at - 1, undone=corrections.undone + 1)
    if edit.verb == "redo":
        if at == len(corrections.edits):
            raise ValueError("nothing to redo.")
        return replace(corrections, at=at + 1)
    after = VERBS[edit.verb](corrections.now, **edit.arguments)
    states, edits = (*states[: at + 1], after), (*corrections.edits[:at], edit)
    return replace(corrections, states=states, edits=edits, at=at + 1)


def move(arrangement: Arrangement, photos: Rows, to: int) -> Arrangement:
    """Put photos into a group. They count as placed by hand and are no longer "not sure"."""
    _check_group(arrangement, to)
    groups, placed, unsure = _copies(arrangement)
    rows = list(photos)
    groups[rows], placed[rows], unsure[rows] = to, True, False
    return replace(arrangement, groups=groups, placed=placed, unsure=unsure)


def new_group(arrangement: Arrangement, photos: Rows, name: str) -> Arrangement:
    """Put photos into a new group. ValueError: the name is taken; see `folder_name`."""
    to = max(arrangement.names) + 1
    name = folder_name(arrangement, name)
    named = replace(arrangement, names=MappingProxyType({**arrangement.names, to: name}))
    return move(named, photos, to)


def merge(arrangement: Arrangement, photos: Rows, group: int, to: int) -> Arrangement:
    """Put a whole group, whose rows are `photos`, into another. Marks stay as they are."""
    _check_group(arrangement, to)
    if group == to:
        raise ValueError(f"{arrangement.names[to]} cannot be merged into itself.")
    groups = arrangement.groups.copy()
    groups[list(photos)] = to
    return replace(arrangement, groups=groups)


def split(
    arrangement: Arrangement, photos: Rows, group: int, parts: Sequence[int], names: Sequence[str]
) -> Arrangement:
    """Split a group: parts[i] of photos[i] is 0 to stay, j to go to a new group names[j - 1].

    The parts are arguments, so that it comes out the same whatever proposed them.
    """
    _check_group(arrangement, group)
    rows, parts = np.array(photos, int), np.array(parts, int)
    for part, name in enumerate(names, 1):
        to = max(arrangement.names) + 1
        all_names = {**arrangement.names, to: folder_name(arrangement, name)}
        groups = arrangement.groups.copy()
        groups[rows[parts == part]] = to
        arrangement = replace(arrangement, groups=groups, names=MappingProxyType(all_names))
    return arrangement


def rename(arrangement: Arrangement, group: int, name: str) -> Arrangement:
    """Call a group something else. ValueError: the name is taken; see `folder_name`."""
    _check_group(arrangement, group)
    if group == NEW:
        raise ValueError("new_photos keeps its name: move its photos to a group of yours.")
    name = folder_name(arrangement, name, group)
    return replace(arrangement, names=MappingProxyType({**arrangement.names, group: name}))


def not_sure(arrangement: Arrangement, photos: Rows, marked: bool = True) -> Arrangement:
    """Mark photos "not sure", or take the mark away; they stay where they are."""
    unsure = arrangement.unsure.copy()
    unsure[list(photos)] = marked
    return replace(arrangement, unsure=unsure)


VERBS: dict[str, Callable[..., Arrangement]] = {
    function.__name__: function for function in (move, new_group, merge, split, rename, not_sure)
}


def folder_name(arrangement: Arrangement, wanted: str, group: int | None = None) -> str:
    """Return a typed name as the name of a folder, for a group that may already exist.

    Raises
    ------
    ValueError
        It is empty, or another group or a file of the export has this name, if only in other case.

    Examples
    --------
    >>> arrangement = arrange(np.array([0, 1]), {0: "cats", 1: "dogs"})
    >>> folder_name(arrangement, " me/you ")
    'me_you'
    >>> folder_name(arrangement, "CATS")
    Traceback (most recent call last):
    ValueError: there is a CATS already: merge the two, or choose another name.
    """
    if not wanted.strip():
        raise ValueError("the name is empty: type one, such as cats.")
    name = safe_component(wanted.strip())
    if not is_free(arrangement, name, group):
        raise ValueError(f"there is a {name} already: merge the two, or choose another name.")
    return name


def is_free(arrangement: Arrangement, name: str, group: int | None = None) -> bool:
    """Tell whether a group may have this name, beside all others and the files of an export."""
    others = [arrangement.names[g] for g in {*arrangement.sizes, NO_FEATURES, NEW} - {group}]
    return unique_names([name], (*others, MANIFEST, *TABLES)) == [name]


def corrected(grouping: Grouping, arrangement: Arrangement) -> Grouping:
    """Return the grouping with the labels of the arrangement, 0 to k - 1 without gaps.

    Centers are those of the new groups; images without features do not count in them. `sweep`,
    `scenes` and `recipe` stay: they tell how the first groups were found.
    """
    shown = list(folder_groups(arrangement))
    labels = np.full(len(arrangement.groups), -1, np.int32)
    centers = np.zeros((len(shown), grouping.vectors.shape[1]), np.float32)
    featured = grouping.vectors.any(axis=1)
    for label, group in enumerate(shown):
        labels[arrangement.groups == group] = label
        rows = np.flatnonzero((labels == label) & featured)
        if len(rows):
            centers[label] = grouping.vectors[rows].mean(axis=0, dtype=np.float64)
    criterion = f"{grouping.criterion}, corrected by hand"
    names = folder_names(arrangement)
    return replace(grouping, labels=labels, centers=centers, criterion=criterion, names=names)


def folder_groups(arrangement: Arrangement) -> list[int]:
    """Return the groups that hold photos, in the order of the labels in `corrected`."""
    return [group for group in arrangement.sizes if group != NO_FEATURES]


def folder_names(arrangement: Arrangement) -> dict[int, str]:
    """Return label -> name for `plan_export(corrected(...), out, names=...)`."""
    return {
        label: arrangement.names[group] for label, group in enumerate(folder_groups(arrangement))
    }


def sum_line(arrangement: Arrangement, skipped: int) -> str:
    """Return the sum of all files seen.

    Examples
    --------
    >>> sum_line(arrange(np.array([0, 0, 1, -1]), {0: "cats", 1: "dogs"}), 2)
    '6 in = 3 grouped + 1 no features + 2 skipped'
    """
    no_features = len(arrangement.members(NO_FEATURES))
    grouped = len(arrangement.groups) - no_features
    unsure = f"; {arrangement.unsure.sum()} marked not sure" if arrangement.unsure.any() else ""
    return (
        f"{grouped + no_features + skipped} in = {grouped} grouped + {no_features} no features "
        f"+ {skipped} skipped{unsure}"
    )


def _check_group(arrangement: Arrangement, group: int) -> None:
    if group not in arrangement.names:
        raise ValueError(
            f"{group}: no such group; there are {', '.join(map(str, arrangement.sizes))}."
        )
    if group == NO_FEATURES:
        raise ValueError(
            "no_features is no group to work on: move its photos to a group, or undo that."
        )


def _copies(arrangement: Arrangement) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return arrangement.groups.copy(), arrangement.placed.copy(), arrangement.unsure.copy()
