"""The desk in words: verbs that carry counts, and the view that grid.js shows."""

from __future__ import annotations

from itertools import count

from imagegroup.corrections import NO_FEATURES, Arrangement, Corrections, Edit, is_free
from imagegroup.names import display_name, safe_component
from imagegroup.widgets.desk_state import LIKE, PAGE, Band, DeskState, numbered, proposals

NAME_CHARS = 60


def photos(number: int) -> str:
    """Return "1 photo" or "7 photos"."""
    return f"{number:,} photo{'' if number == 1 else 's'}"


def phrase(edit: Edit, before: Arrangement) -> str:
    """Say what an edit does; `before` is the state that it is made in.

    Examples
    --------
    >>> import numpy as np
    >>> from imagegroup.corrections import arrange
    >>> before = arrange(np.array([0, 0, 1]), {0: "cats", 1: "felines"})
    >>> phrase(Edit("move", {"photos": [2], "to": 0}), before)
    'Move 1 photo to cats'
    >>> phrase(Edit("merge", {"photos": [0, 1], "group": 0, "to": 1}), before)
    'Merge cats (2) into felines (1)'
    """
    given, sizes = edit.arguments, before.sizes
    number = photos(len(given.get("photos", ())))

    def sized(group: int) -> str:
        return f"{before.names[group]} ({sizes.get(group, 0):,})"

    if edit.verb == "move":
        return f"Move {number} to {before.names[given['to']]}"
    if edit.verb == "new_group":
        return f"New group {_folder(given['name'])} with {number}"
    if edit.verb == "merge":
        return f"Merge {sized(given['group'])} into {sized(given['to'])}"
    if edit.verb == "split":
        return f"Split {sized(given['group'])} into {len(given['names']) + 1}"
    if edit.verb == "rename":
        return f"Rename {before.names[given['group']]} to {_folder(given['name'])}"
    return f"Mark {number} not sure" if given["marked"] else f"Take the mark from {number}"


def verbs(state: DeskState, target: int | None, name: str) -> dict[str, tuple[str, bool]]:
    """Say for each button what it would do now, and whether it can.

    `target` is the group chosen to move to, `name` the name typed. What only waits for another
    target or name can be pressed, and says so: Tab would skip it while Python still reads them.
    """
    now, chosen, n_likes = state.now, state.chosen, len(proposals(state))
    paths, to = state.grouping.paths, now.names[target] if target is not None else "a group"
    who = photos(len(chosen)) if state.selected or not chosen else _short(paths[chosen[0]])
    here = int(now.groups[state.focus]) if state.focus >= 0 else NO_FEATURES
    own = f"{now.names[here]} ({now.sizes.get(here, 0):,})"
    whole = "..." if target == here else f"{to} ({now.sizes.get(target, 0):,})"
    sure = bool(chosen) and bool(now.unsure[chosen].all())
    undo, redo = last_edit(state.corrections), next_edit(state.corrections)
    name = _folder(name)
    return {
        "move": (f"Move {who} to {to}", bool(chosen) and target is not None),
        "merge": (f"Merge {own} into {whole}", target is not None and bool(chosen)),
        "new": (f"New group {name or default_name(now)} with {who}", bool(chosen)),
        "rename": (f"Rename {own} to {name or '...'}", here != NO_FEATURES),
        "split": (f"Split {own} in 2", here != NO_FEATURES),
        "unsure": (f"Take the mark from {who}" if sure else f"Mark {who} not sure", bool(chosen)),
        "like": (f"More like {who}", bool(chosen)),
        "accept": (
            f"Accept {photos(n_likes)}" if state.likes else "Nothing to accept",
            bool(state.likes),
        ),
        "undo": (f"Undo: {undo}" if undo else "Nothing to undo", bool(undo)),
        "redo": (f"Redo: {redo}" if redo else "Nothing to redo", bool(redo)),
    }


def default_name(arrangement: Arrangement) -> str:
    """Return a name for a new group when none was typed: cluster_07."""
    numbers = count(max(arrangement.names) + 1)
    return next(n for n in (f"cluster_{i:02d}" for i in numbers) if is_free(arrangement, n))


def _folder(name: str) -> str:
    """Return a typed name as the group will be called; "" if there is none."""
    return safe_component(name.strip()) if name.strip() else ""


def _short(path: str) -> str:
    return display_name(path.rpartition("/")[2], 24)


def last_edit(corrections: Corrections) -> str:
    """Say what undo takes back; "" when there is nothing."""
    at = corrections.at
    return phrase(corrections.edits[at - 1], corrections.states[at - 1]) if at else ""


def next_edit(corrections: Corrections) -> str:
    """Say what redo does again; "" when there is nothing."""
    at = corrections.at
    return phrase(corrections.edits[at], corrections.now) if at < len(corrections.edits) else ""


def selection(state: DeskState, found: list[Band]) -> str:
    """Say how many photos are selected, and how many of them are out of sight."""
    hidden = len(state.selected - {row for band in found for row in band.shown})
    line = f"{photos(len(state.selected))} selected"
    return f"{line}, {hidden:,} of them on other pages or filtered out" if hidden else line


def view(state: DeskState, found: list[Band]) -> dict:
    """Return what grid.js shows; see `Grid.view`."""
    return {
        "bands": [_band(state, band) for band in found],
        "selected": sorted(state.selected),
        "focus": state.focus,
        "jumps": state.jumps,
    }


def _band(state: DeskState, band: Band) -> dict:
    targets = numbered(state)
    return {
        "key": band.key,
        "number": targets.index(band.key) + 1 if band.key in targets else "",
        "title": _title(state, band),
        "note": _note(state, band),
        "page": band.page,
        "pages": band.pages,
        "photos": [[row, *_photo(state, row)] for row in band.shown],
    }


def _title(state: DeskState, band: Band) -> str:
    if band.key == LIKE:
        return f"More like those in {state.now.names[state.target]}?"
    return state.now.names[band.key]


def _note(state: DeskState, band: Band) -> str:
    if band.key == LIKE:
        return (
            f"the nearest {min(PAGE, len(band.rows))} of {photos(len(band.rows))} elsewhere; "
            "unselect the wrong ones, then accept"
        )
    total = state.now.sizes[band.key]
    note = photos(total)
    if len(band.rows) < total:
        note = f"{len(band.rows):,} of {note}"
    if band.pages > 1:
        note += f", page {band.page + 1} of {band.pages}"
    return note if band.key != NO_FEATURES else f"{note} (nothing for ORB to describe)"


def _photo(state: DeskState, row: int) -> tuple[str, str]:
    """Give the name and the marks, each as text."""
    marks = {"not sure": state.now.unsure[row], "placed by hand": state.now.placed[row]}
    name = display_name(state.grouping.paths[row].rpartition("/")[2], NAME_CHARS)
    return name, ", ".join(text for text, on in marks.items() if on)
