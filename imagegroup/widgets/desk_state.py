"""What the desk shows: order, pages, filter, selection, focus. Pure functions on one state.

The groups are in `corrections`. Nothing here forgets a selected photo, whatever is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from imagegroup.corrections import NO_FEATURES, Arrangement, Corrections, corrected, folder_groups
from imagegroup.grouping import Grouping
from imagegroup.inspection import doubtful_first
from imagegroup.names import display_name

PAGE, LARGE_PAGE = 12, 60
"""Photos on a page of a group: beside other groups, and alone."""
ALL = "all"
"""What `alone` is when all groups are shown."""
LIKE = "like"
"""The band of photos that are like the selected ones."""
NAME = "name"
ORDERS = {
    "doubtful first (margin)": "margin",
    "doubtful first (silhouette)": "silhouette",
    "farthest from the centre first": "distance",
    "by name": NAME,
}
FILTERS = {
    "all photos": lambda now: np.ones(len(now.groups), bool),
    "not sure": lambda now: now.unsure,
    "placed by hand": lambda now: now.placed,
    "not placed by hand": lambda now: ~now.placed,
}


@dataclass(frozen=True, eq=False)
class DeskState:
    """What the desk shows.

    Attributes
    ----------
    grouping : Grouping, as it was found
    corrections : Corrections
    order : str, a value of `ORDERS`
    ranks : (n,) int, place of each photo in that order, taken when the order was chosen
    only : str, a key of `FILTERS`
    text : str, part of the names to show
    alone : int, the group that is shown alone, or `ALL`
    pages : mapping of group to page, from 0
    selected : frozenset of rows
    focus : int, row; -1 if there are no photos
    likes : tuple of rows, most alike first; empty if not asked for
    target : int, the group that `likes` may go to
    visited : int, rank of the photo that `jump` went to last
    jumps : int, how often the focus went where the reader did not look
    """

    grouping: Grouping
    corrections: Corrections
    order: str = "margin"
    ranks: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    only: str = "all photos"
    text: str = ""
    alone: int | str = ALL
    pages: Mapping[int | str, int] = field(default_factory=dict)
    selected: frozenset[int] = frozenset()
    focus: int = -1
    likes: tuple[int, ...] = ()
    target: int = 0
    visited: int = -1
    jumps: int = 0

    @property
    def now(self) -> Arrangement:
        """What lies where."""
        return self.corrections.now

    @property
    def chosen(self) -> list[int]:
        """The rows that an edit is about: the selected ones, else the one in focus."""
        return sorted(self.selected) or [self.focus] * (self.focus >= 0)


@dataclass(frozen=True)
class Band:
    """A group, or the photos like the selected ones: all rows to show, and those of this page."""

    key: int | str
    rows: tuple[int, ...]
    shown: tuple[int, ...]
    page: int
    pages: int


def begin(grouping: Grouping, corrections: Corrections) -> DeskState:
    """Show all groups, the doubtful photos first."""
    state = sort(DeskState(grouping, corrections), "margin")
    first = next((band.shown[0] for band in bands(state) if band.shown), -1)
    return replace(state, focus=first)


def sort(state: DeskState, order: str) -> DeskState:
    """Choose the order, by the groups as they are now; edits do not change it afterwards."""
    rows = np.arange(len(state.grouping.paths))
    if order != NAME:
        fixed = corrected(state.grouping, state.now)
        doubtful = doubtful_first(fixed, order, state.now.placed)
        rows = np.concatenate([doubtful, np.setdiff1d(rows, doubtful)])
    ranks = np.empty(len(rows), int)
    ranks[rows] = np.arange(len(rows))
    return replace(state, order=order, ranks=ranks, pages={}, visited=-1)


def bands(state: DeskState) -> list[Band]:
    """Cut what is to be shown into groups and pages; of groups not shown only their name is."""
    now = state.now
    wanted = FILTERS[state.only](now) & _named(state)
    wanted[list(state.likes[:PAGE])] = False  # they are above; no photo is shown twice
    # What a reader has placed is no longer doubtful: it comes last, and nothing else moves.
    late = now.placed if state.order != NAME else np.zeros(len(wanted), bool)
    order = np.lexsort((state.ranks, late))
    order = order[wanted[order]]
    found = [Band(LIKE, state.likes, state.likes[:PAGE], 0, 1)] if state.likes else []
    for group in now.sizes:
        rows = order[now.groups[order] == group].tolist()
        hidden = state.alone not in (ALL, group)
        size = LARGE_PAGE if state.alone == group else PAGE
        found.append(_band(state, group, rows, 0 if hidden else size))
    return found


def _named(state: DeskState) -> np.ndarray:
    if not state.text:
        return np.ones(len(state.grouping.paths), bool)
    wanted = state.text.casefold()
    return np.array([wanted in display_name(p).casefold() for p in state.grouping.paths], bool)


def _band(state: DeskState, key: int | str, rows: Iterable[int], size: int) -> Band:
    rows = tuple(rows)
    pages = max(1, -(-len(rows) // size)) if size else 1
    page = min(state.pages.get(key, 0), pages - 1)
    return Band(key, rows, rows[page * size : (page + 1) * size], page, pages)


def select(state: DeskState, rows: Iterable[int], focus: int) -> DeskState:
    """Take over what the reader selected and where the focus is."""
    n = len(state.grouping.paths)
    kept = frozenset(int(row) for row in rows if 0 <= row < n)
    return replace(state, selected=kept, focus=focus if 0 <= focus < n else state.focus)


def select_group(state: DeskState) -> DeskState:
    """Select all photos of the band in focus, also those on its other pages."""
    band = _band_of(state)
    return replace(state, selected=state.selected | set(band.rows)) if band else state


def turn(state: DeskState, steps: int, key: int | None = None) -> DeskState:
    """Turn the pages of a group, or of that in focus; the focus goes along if it was there."""
    band = next((b for b in bands(state) if b.key == key), None) if key is not None else None
    band = band or _band_of(state)
    if band is None:
        return state
    place = band.shown.index(state.focus) if state.focus in band.shown else None
    page = min(max(band.page + steps, 0), band.pages - 1)
    state = replace(state, pages={**state.pages, band.key: page})
    shown = next(b.shown for b in bands(state) if b.key == band.key)
    if place is None or not shown:
        return state
    return replace(state, focus=shown[min(place, len(shown) - 1)])


def show(state: DeskState, **values: object) -> DeskState:
    """Change `only`, `text` or `alone`; the selection stays, also of photos no longer in view."""
    state = replace(state, **values, pages={})
    shown = [row for band in bands(state) for row in band.shown]
    return state if state.focus in shown or not shown else replace(state, focus=shown[0])


def jump(state: DeskState) -> DeskState:
    """Go to the most doubtful photo, the next time to the next; placed ones are not doubtful."""
    grouped = (state.now.groups != NO_FEATURES) & ~state.now.placed
    rows = np.flatnonzero(grouped)
    rows = rows[np.argsort(state.ranks[rows])]
    if not len(rows):
        return state
    later = rows[state.ranks[rows] > state.visited]
    row = int(later[0] if len(later) else rows[0])
    return reveal(replace(state, visited=int(state.ranks[row])), row)


def reveal(state: DeskState, row: int) -> DeskState:
    """Put the focus on a photo and show the page it is on, whatever the filter."""
    group = int(state.now.groups[row])
    state = replace(state, only="all photos", text="", focus=row, jumps=state.jumps + 1)
    state = replace(state, alone=group if state.alone == group else ALL)
    rows = next(band.rows for band in bands(state) if band.key == group)
    size = LARGE_PAGE if state.alone == group else PAGE
    return replace(state, pages={**state.pages, group: rows.index(row) // size})


def look_again(state: DeskState) -> DeskState:
    """Let the page scroll to the photo in focus."""
    return replace(state, jumps=state.jumps + 1)


def like(state: DeskState) -> DeskState:
    """Rank the rest by the mean vector of the chosen photos; the first page comes selected.

    The rest are photos that lie in other groups, have features and were not placed by hand.
    ValueError: no chosen photo has features.
    """
    vectors, now = state.grouping.vectors, state.now
    chosen = [row for row in state.chosen if vectors[row].any()]
    if not chosen:
        raise ValueError("no selected photo has features: select others to find more like them.")
    target = int(now.groups[chosen[0]])
    if target == NO_FEATURES:
        raise ValueError("put the selected photos into a group first, then find more like them.")
    rest = np.flatnonzero((now.groups != target) & (now.groups != NO_FEATURES) & ~now.placed)
    gaps = np.linalg.norm(vectors[rest] - vectors[chosen].mean(axis=0), axis=1)
    likes = tuple(rest[np.argsort(gaps, kind="stable")].tolist())
    if not likes:
        raise ValueError("there are no other photos: all are in this group or placed by hand.")
    state = replace(state, likes=likes, target=target)
    return replace(state, selected=frozenset(likes[:PAGE]), focus=likes[0], jumps=state.jumps + 1)


def proposals(state: DeskState) -> list[int]:
    """Return the photos on the first page of `likes` that are still selected."""
    return [row for row in state.likes[:PAGE] if row in state.selected]


def let_go(state: DeskState) -> DeskState:
    """Put the proposals away, if there are any, else the selection."""
    if state.likes:
        return replace(state, likes=(), selected=state.selected - set(state.likes[:PAGE]))
    return replace(state, selected=frozenset())


def next_likes(state: DeskState) -> DeskState:
    """Put the first page of `likes` aside and select the next."""
    likes = state.likes[PAGE:]
    return replace(
        state,
        likes=likes,
        selected=frozenset(likes[:PAGE]),
        focus=likes[0] if likes else state.focus,
    )


def after_edit(state: DeskState, corrections: Corrections, done: Iterable[int] = ()) -> DeskState:
    """Show the groups after an edit; the focus stays where it was, on what is there now.

    `done` are photos that have got their place and need no longer be selected.
    """
    place = _band_of(state)
    state = replace(state, corrections=corrections, selected=state.selected - set(done))
    if state.alone not in (ALL, *state.now.sizes):
        state = replace(state, alone=ALL)
    placed = [band for band in bands(state) if band.shown]
    same = [band for band in placed if place and band.key == place.key]
    band = next(iter(same or placed), None)
    if band is None or not place:
        return state
    column = place.shown.index(state.focus) if same else 0
    return replace(state, focus=band.shown[min(column, len(band.shown) - 1)])


def _band_of(state: DeskState) -> Band | None:
    return next((band for band in bands(state) if state.focus in band.shown), None)


def numbered(state: DeskState) -> list[int]:
    """Return the groups that photos can go to; the first has number 1."""
    return folder_groups(state.now)
