"""What the K-means stepper says in words."""

from __future__ import annotations

import numpy as np

from imagegroup.scratch.kmeans import ASSIGN, MOVE
from imagegroup.widgets import kmeans_state as steps
from imagegroup.widgets.kmeans_photos import partners, sheet_rows
from imagegroup.widgets.kmeans_state import ADD, CONVERGED, DRAG, START, KMeansState, Moment

NEXT = {ASSIGN: "Assign", MOVE: "Move centres", CONVERGED: "Converged"}
"""What the button says."""


def words(state: KMeansState) -> str:
    """Say what happened and what can be predicted."""
    return f"{happened(state)}\n{_asked(state)}"


def happened(state: KMeansState) -> str:
    """Say what the last move changed.

    Examples
    --------
    >>> state = steps.start(np.array([[0, 0], [2, 0], [9, 0]]), k=1)
    >>> happened(state)
    'Start 1: 1 centre on points drawn by lot. No point has a group yet.'
    >>> happened(steps.step(steps.place(state, np.array([9, 0]))))  # inertia: 9**2 + 7**2
    'Assign: all 3 points got a group. Inertia 130.'
    """
    now = state.now
    if now.move == START:
        return (
            f"Start {len(steps.runs(state))}: {_count(len(now.centers), 'centre')} on "
            f"{_thing(state)}s drawn by lot. No {_thing(state)} has a group yet."
        )
    before = state.history[-2]
    what = {ASSIGN: _assigned, MOVE: _moved}.get(now.move, _by_hand)(state, before, now)
    return " ".join(filter(None, [what, _inertia(before, now), _other_ends(state)]))


def _assigned(state: KMeansState, before: Moment, now: Moment) -> str:
    thing = _thing(state)
    if next_is(state, CONVERGED):
        moves = sum(moment.move == MOVE for moment in steps.runs(state)[-1])
        return f"Converged after {_count(moves, 'move')} of the centres: no {thing} changed group."
    changed, fresh = int((before.labels != now.labels).sum()), int((before.labels < 0).sum())
    if fresh == len(now.labels):
        return f"Assign: all {_count(fresh, thing)} got a group."
    return f"Assign: {changed} of {_count(len(now.labels), thing)} changed group."


def _other_ends(state: KMeansState) -> str:
    """Once converged, list where earlier runs with as many centres ended."""
    k, ended = len(state.now.centers), []
    if next_is(state, CONVERGED):
        ended = [run[-1] for run in steps.runs(state)[:-1] if steps.has_converged(run)]
    ends = ", ".join(amount(end.inertia) for end in ended if len(end.centers) == k)
    return f"Other starts ended at {ends}." if ends else ""


def _moved(state: KMeansState, before: Moment, now: Moment) -> str:
    ways = np.hypot(*(now.centers - before.centers).T)
    farthest, text = int(ways.argmax()), ""
    text = f"Move centres: {(ways > 0).sum()} of {len(ways)} moved"
    if ways.any():
        text += f", centre {farthest + 1} farthest, by {amount(ways[farthest])}"
    text += "."
    for empty in np.setdiff1d(np.arange(len(ways)), now.labels):
        text += f" Group {empty + 1} was empty: its centre took the {_thing(state)} farthest off."
    return text


def _by_hand(state: KMeansState, before: Moment, now: Moment) -> str:
    name = f"centre {now.centre + 1}"
    if now.move == DRAG:
        x, y = map(amount, now.centers[now.centre])
        return f"You moved {name} to ({x}, {y})."
    if now.move == ADD:
        return f"You added {name}, at the {_thing(state)} farthest from all others."
    lost = _count(int((now.labels < 0).sum()), _thing(state))
    return f"You removed {name}; the rest are numbered anew. {lost} without a group."


def _inertia(before: Moment, now: Moment) -> str:
    if np.isnan(now.inertia):
        return ""
    if np.isnan(before.inertia) or before.inertia == now.inertia:
        return f"Inertia {amount(now.inertia)}."
    return f"Inertia {amount(before.inertia)} -> {amount(now.inertia)}."


def _asked(state: KMeansState) -> str:
    """Say how far off the guess was, or ask for one, or say what the selected centre has."""
    now, name = state.now, f"Centre {state.selected + 1}"
    if now.guess is not None:
        centre = int(now.guess[0])
        off = np.hypot(*(now.centers[centre] - now.guess[1:]))
        way = np.hypot(*(now.centers[centre] - state.history[-2].centers[centre]))
        return (
            f"Your guess for centre {centre + 1} was {amount(off)} off; it moved by {amount(way)}."
        )
    if state.guess is not None:
        return f"{name}: your guess is the ?. Arrow keys move it; then move the centres."
    text = (
        f"{name} is selected: {_count(int((now.labels == state.selected).sum()), _thing(state))}."
    )
    if next_is(state, MOVE):
        text += " Where will it go? Click there, or press g and the arrow keys."
    return text


def in_all_numbers(state: KMeansState) -> str:
    """Say how much of the photos the plane holds, and how many are elsewhere in all numbers."""
    photos, labels = state.photos, state.now.labels
    text = (
        f"Clustered in the plane drawn, which holds {photos.share:.0%} of the variance of "
        f"{photos.d:,} numbers"
    )
    if photos.in_all > len(labels):
        text += f"; {len(labels)} of {photos.in_all:,} photos"
    if labels.min() < 0:
        return text + "."
    differ = int((partners(photos, labels) != labels).sum())
    if not differ:
        return f"{text}. With all of them, every photo lies in the same group."
    return (
        f"{text}. With all of them, {differ} of {_count(len(labels), 'photo')} "
        f"({differ / len(labels):.0%}) lie in another group: see the small squares."
    )


def next_is(state: KMeansState, move: str) -> bool:
    """Tell whether `move` is what comes next."""
    return steps.next_move(state) == move


def describe(state: KMeansState) -> str:
    """List the centres, for those who cannot see the plane."""
    now = state.now
    centres = [
        f"centre {i + 1} at ({amount(x)}, {amount(y)}) with {(now.labels == i).sum()}"
        for i, (x, y) in enumerate(now.centers)
    ]
    things = _count(len(now.labels), _thing(state))
    return f"Plane with {things} and {_count(len(centres), 'centre')}: {', '.join(centres)}."


def describe_trace(state: KMeansState) -> str:
    """List the inertia after each move, for those who cannot see the curve."""
    run = steps.runs(state)[-1]
    known = [f"{m.move} {amount(m.inertia)}" for m in run if not np.isnan(m.inertia)]
    return f"Inertia after each move: {', '.join(known) or 'none yet'}."


def describe_sheet(state: KMeansState) -> str:
    """List the photos of the selected group, for those who cannot see them."""
    photos, labels, selected = state.photos, state.now.labels, state.selected
    others, lines = partners(photos, labels), []
    for row in sheet_rows(photos, labels, selected):
        group = f"group {others[row] + 1}" if others[row] >= 0 else "a group without partner"
        elsewhere = f" (in all numbers {group})" if others[row] != selected else ""
        lines.append(photos.names[row] + elsewhere)
    return f"Group {selected + 1}: {', '.join(lines) or 'no photos'}"


def amount(value: float) -> str:
    """Write a number with as many digits as one wants to read.

    >>> amount(0.12345), amount(455.06), amount(12345.6)
    ('0.1235', '455.1', '12,346')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _thing(state: KMeansState) -> str:
    return "photo" if state.photos else "point"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
