"""What the reader of the K-means stepper looks at: points, centres, and every move so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from imagegroup.scratch.kmeans import (
    ASSIGN,
    MOVE,
    STARTS,
    Step,
    assign,
    inertia,
    move_centers,
    squared_distances,
)
from imagegroup.widgets.kmeans_photos import Photos
from imagegroup.widgets.pixels import ARROWS

START, DRAG, ADD, REMOVE = "start", "drag", "add", "remove"
CONVERGED = "converged"

ASPECT = 4 / 3
"""Width to height of the part of the plane that is drawn."""

MAX_POINTS = 1_000
MAX_ROUNDS = 300


@dataclass(frozen=True, eq=False)
class Moment(Step):
    """A step, with what the reader had to do with it.

    Labels are -1 for points without a group, and the inertia is nan as long as there are any.

    Attributes
    ----------
    centre : int or None
        The one that the reader moved, added or removed.
    guess : (3,) float or None
        Centre, x and y: where the reader expected it to go in this move.
    """

    centre: int | None = None
    guess: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class KMeansState:
    """What the reader looks at.

    Attributes
    ----------
    points : (n, 2) float64
    low, high : (2,) float64, corners of the part of the plane that is drawn
    random_state : int, start number i is drawn with `random_state + i`
    history : tuple of Moment, every move so far, at least a start; the last is what holds
    name : str or None, which example the points are
    photos : Photos or None
    selected : int, a centre
    guess : (2,) float64 or None, where the reader thinks that the selected centre will go
    held : (2,) float64 or None, from the mouse to the centre that it drags
    """

    points: np.ndarray
    low: np.ndarray
    high: np.ndarray
    random_state: int
    history: tuple[Moment, ...] = ()
    name: str | None = None
    photos: Photos | None = None
    selected: int = 0
    guess: np.ndarray | None = None
    held: np.ndarray | None = None

    @property
    def now(self) -> Moment:
        """What holds."""
        return self.history[-1]


def start(
    points: np.ndarray,
    k: int | None = None,
    how: str = "random",
    random_state: int = 0,
    name: str | None = None,
    photos: Photos | None = None,
) -> KMeansState:
    """Look at points and at k centres, of which none has a group yet.

    Raises
    ------
    ValueError
        The points are not (n, 2) finite numbers, n from 1 to 1,000; `k` is not from 1 to the number
        of different points; `how` is not "random" or "k-means++".
    """
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MAX_POINTS:
        raise ValueError(
            f"points: got shape {points.shape}, expected (n, 2) with n from 1 to {MAX_POINTS:,}; "
            "of more points take some, of more columns two, such as the principal coordinates."
        )
    if not np.isfinite(points).all():
        raise ValueError("points: got nan or infinite values, expected finite numbers.")
    if how not in STARTS:
        raise ValueError(f"start={how!r}: expected one of {', '.join(STARTS)}.")
    k = min(3, len(np.unique(points, axis=0))) if k is None else k
    if not isinstance(k, (int, np.integer)):
        raise ValueError(f"k={k!r}: expected a whole number of centres.")
    state = KMeansState(points, *_drawn_part(points), random_state, name=name, photos=photos)
    return _begin(state, k, how)


def _drawn_part(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a part of the plane with all points and a margin; the axes' scales are
    equal, or distances would look wrong."""
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = (high - low).tolist()
    width = 1.2 * max(width, height * ASPECT) or 1.0
    half = np.array([width, width / ASPECT]) / 2
    return (low + high) / 2 - half, (low + high) / 2 + half


def _begin(state: KMeansState, k: int, how: str) -> KMeansState:
    earlier = sum(moment.move == START for moment in state.history)
    rng = np.random.default_rng(state.random_state + earlier)
    centers = STARTS[how](state.points, k, rng)
    return _push(state, START, centers, np.full(len(state.points), -1), selected=0)


def _push(
    state: KMeansState,
    move: str,
    centers: np.ndarray,
    labels: np.ndarray,
    centre: int | None = None,
    **changes,
) -> KMeansState:
    """Add what holds now to the history."""
    known = labels.min() >= 0
    total = inertia(state.points, labels, centers) if known else float("nan")
    guess = None
    if move == MOVE and state.guess is not None:
        guess = np.array([state.selected, *state.guess])
    moment = Moment(move, labels, centers, total, centre, guess)
    return replace(state, history=(*state.history, moment), guess=None, **changes)


def runs(state: KMeansState) -> list[tuple[Moment, ...]]:
    """Cut the history where the reader started anew."""
    starts = [i for i, moment in enumerate(state.history) if moment.move == START]
    ends = [*starts[1:], len(state.history)]
    return [state.history[i:end] for i, end in zip(starts, ends, strict=True)]


def has_converged(run: tuple[Moment, ...]) -> bool:
    """Tell whether the last move of a run assigned all points to the groups they had.

    The centres must have moved before: when the reader has dragged one, they are not yet the means.
    """
    if len(run) < 2 or run[-1].move != ASSIGN or run[-2].move != MOVE:
        return False
    return np.array_equal(run[-1].labels, run[-2].labels)


def next_move(state: KMeansState) -> str:
    """Say what comes next: `ASSIGN`, `MOVE` or, when neither would change anything, `CONVERGED`."""
    if state.now.move != ASSIGN:
        return ASSIGN
    return CONVERGED if has_converged(state.history) else MOVE


def step(state: KMeansState) -> KMeansState:
    """Do the next move, by `scratch.kmeans`; once converged, nothing."""
    points, now, move = state.points, state.now, next_move(state)
    if move == ASSIGN:
        return _push(state, ASSIGN, now.centers, assign(points, now.centers))
    if move == MOVE:
        return _push(state, MOVE, move_centers(points, now.labels, now.centers), now.labels)
    return state


def run(state: KMeansState) -> KMeansState:
    """Step until converged, or for 300 rounds; each move can be taken back."""
    for _ in range(2 * MAX_ROUNDS):
        state = step(state)
    return state


def back(state: KMeansState) -> KMeansState:
    """Take back the last move, whoever did it; the first start stays."""
    history = state.history[:-1] or state.history
    selected = min(state.selected, len(history[-1].centers) - 1)
    return replace(state, history=history, selected=selected, guess=None, held=None)


def restart(state: KMeansState, how: str) -> KMeansState:
    """Draw as many new centres, "random" or by "k-means++"; the run so far stays for comparison."""
    possible = len(np.unique(state.points, axis=0))
    return _begin(replace(state, held=None), min(len(state.now.centers), possible), how)


def choose(state: KMeansState, centre: int) -> KMeansState:
    """Select another centre; after the last comes the first."""
    return replace(state, selected=centre % len(state.now.centers), guess=None)


def place(state: KMeansState, spot: np.ndarray) -> KMeansState:
    """Put the selected centre somewhere; moving it on and on counts as one move."""
    now = state.now
    centers = now.centers.copy()
    centers[state.selected] = np.clip(spot, state.low, state.high)
    if now.move == DRAG and now.centre == state.selected:
        state = replace(state, history=state.history[:-1])
    return _push(state, DRAG, centers, now.labels, state.selected)


def add(state: KMeansState) -> KMeansState:
    """Add a centre at the point farthest from all centres, unless every point has its own."""
    now = state.now
    distances = squared_distances(state.points, now.centers).min(axis=1)
    if not distances.any():
        return state
    centers = np.vstack([now.centers, state.points[distances.argmax()]])
    return _push(state, ADD, centers, now.labels, len(now.centers), selected=len(now.centers))


def remove(state: KMeansState) -> KMeansState:
    """Remove the selected centre, unless it is the only one; its points lose their group."""
    now, gone = state.now, state.selected
    if len(now.centers) == 1:
        return state
    labels = np.where(now.labels == gone, -1, now.labels - (now.labels > gone))
    centers = np.delete(now.centers, gone, axis=0)
    return _push(state, REMOVE, centers, labels, gone, selected=min(gone, len(centers) - 1))


def predict(state: KMeansState, spot: np.ndarray | None) -> KMeansState:
    """Guess where the selected centre will go, or withdraw the guess; only before it moves."""
    if next_move(state) != MOVE or spot is None:
        return replace(state, guess=None)
    return replace(state, guess=np.clip(spot, state.low, state.high))


def grip(state: KMeansState, centre: int, spot: np.ndarray) -> KMeansState:
    """Select a centre that the mouse takes at a spot of the plane, to drag it."""
    return replace(choose(state, centre), held=state.now.centers[centre] - spot)


def drop(state: KMeansState) -> KMeansState:
    """Let go of what the mouse held."""
    return replace(state, held=None)


def press(state: KMeansState, key: str, shift: bool = False) -> KMeansState:
    """Do what a key stands for."""
    if key in ARROWS:
        right, down = ARROWS[key]
        pace = (state.high - state.low)[0] / 160 * (10 if shift else 1)
        way = pace * np.array([right, -down])
        if state.guess is not None:
            return predict(state, state.guess + way)
        return place(state, state.now.centers[state.selected] + way)
    if key in ("n", "p"):
        return choose(state, state.selected + (1 if key == "n" else -1))
    if key == "g":
        here = state.now.centers[state.selected]
        return predict(state, here if state.guess is None else None)
    return ACTIONS[key](state) if key in ACTIONS else state


ACTIONS = {" ": step, "Enter": step, "b": back, "r": run, "a": add, "d": remove, "Delete": remove}
"""What a key does at once."""
