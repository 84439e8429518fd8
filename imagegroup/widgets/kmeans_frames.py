"""What the K-means stepper draws: the plane with points or photos and centres, and the inertia."""

from __future__ import annotations

import cv2
import numpy as np

from imagegroup.scratch.kmeans import ASSIGN, MOVE
from imagegroup.widgets import draw
from imagegroup.widgets import kmeans_state as steps
from imagegroup.widgets.kmeans_photos import SIDE, partners, sheet_rows
from imagegroup.widgets.kmeans_state import KMeansState, Moment
from imagegroup.widgets.kmeans_words import amount

SIZE = np.array([640, 480])
TRACE = np.array([320, 300])
SHEET = np.array([320, 180])
"""Width and height of the plane, of the inertia beside it and of a group's photos, in px."""

DARK, FAINT = (70, 70, 70), (205, 205, 205)
COLOURS = (
    draw.BLUE,
    draw.ORANGE,
    (115, 158, 0),
    (167, 121, 204),
    (233, 180, 86),
    draw.VERMILION,
    (66, 228, 240),
)
"""Okabe and Ito's, as in draw; after the last the first comes again, with another shape."""


def _corners(count: int, turn: float = 0, inner: float = 1) -> np.ndarray:
    """Give a polygon around 0 whose every other corner lies at `inner`, from the top."""
    angles = 2 * np.pi * (np.arange(count) + turn) / count
    radii = np.where(np.arange(count) % 2, inner, 1.0)
    return np.column_stack([radii * np.sin(angles), -radii * np.cos(angles)])


SHAPES = (
    _corners(16),
    0.9 * _corners(4, turn=0.5),
    1.15 * _corners(3),
    1.1 * _corners(4),
    1.15 * _corners(3, turn=0.5 * 3),
    1.25 * _corners(10, inner=0.45),
    1.2 * _corners(8, inner=0.4),
    1.2 * _corners(8, turn=1, inner=0.4),
)
"""Circle, square, triangle, diamond, ...: a group is told by its shape too."""

MARKS = {
    ASSIGN: (SHAPES[0], draw.BLUE, "Assign"),
    MOVE: (SHAPES[2], draw.ORANGE, "Move centres"),
}
BY_HAND = (SHAPES[7], draw.GREY, "by hand")
"""Shape, colour and name of the moves in the curve of the inertia."""


def to_frame(state: KMeansState, spots: np.ndarray) -> np.ndarray:
    """Return where places of the plane lie in the frame, in px, y down."""
    across = (spots - state.low) / (state.high - state.low)
    return np.column_stack([across[:, 0], 1 - across[:, 1]]) * SIZE


def to_plane(state: KMeansState, x: float, y: float) -> np.ndarray:
    """Return which place of the plane lies at a px of the frame."""
    across = np.array([x / SIZE[0], 1 - y / SIZE[1]])
    return state.low + across * (state.high - state.low)


def draw_plane(state: KMeansState) -> np.ndarray:
    """Draw the plane; its tint says which centre is nearest, a mark which group a point has.

    Returns
    -------
    (480, 640, 3) uint8, blue first
    """
    frame = _tinted(state)
    places = to_frame(state, state.points)
    changed = np.zeros(len(places), bool)
    if state.now.move == ASSIGN:
        changed = state.history[-2].labels != state.now.labels
        changed &= state.history[-2].labels >= 0
    if state.photos is None:
        _draw_points(frame, places, state.now.labels, changed)
    else:
        _draw_photos(frame, places, state, changed)
    _draw_ways(frame, state)
    for i, spot in enumerate(to_frame(state, state.now.centers)):
        _draw_centre(frame, spot, i, i == state.selected, 11 if state.photos else 15)
    return frame


def _tinted(state: KMeansState) -> np.ndarray:
    """Colour each px faintly by its nearest centre, at half size, which is quick."""
    centers = to_frame(state, state.now.centers).astype(np.float32)
    x, y = (np.arange(1, length, 2, dtype=np.float32)[:, None] for length in SIZE)
    # The nearest centre c of a place p has the largest p c - c c / 2.
    nearer = (x * centers[:, 0] - (centers**2).sum(axis=1) / 2) + (y * centers[:, 1])[:, None]
    tints = np.array([_tint(i) for i in range(len(centers))], np.uint8)
    tinted = tints[nearer.argmax(axis=2)]
    return cv2.resize(tinted, SIZE.tolist(), interpolation=cv2.INTER_NEAREST)


def _tint(group: int) -> np.ndarray:
    return 255 - (255 - np.array(_colour(group))) * 0.16


def _draw_points(
    frame: np.ndarray, places: np.ndarray, labels: np.ndarray, changed: np.ndarray
) -> None:
    for place, label, new in zip(places, labels.tolist(), changed.tolist(), strict=True):
        if label < 0:
            _fill(frame, place + 3.5 * SHAPES[0], draw.GREY)
            continue
        if new:
            cv2.circle(frame, place.astype(int).tolist(), 10, draw.BLACK, 2, cv2.LINE_AA)
        _fill(frame, place + 5 * SHAPES[label % len(SHAPES)], _colour(label))


def _fill(frame: np.ndarray, corners: np.ndarray, colour: tuple[int, int, int]) -> None:
    sixteenths = np.rint(corners * 16).astype(np.int32)
    cv2.fillPoly(frame, [sixteenths], colour, cv2.LINE_AA, shift=4)
    cv2.polylines(frame, [sixteenths], True, DARK, 1, cv2.LINE_AA, shift=4)


def _draw_photos(
    frame: np.ndarray, places: np.ndarray, state: KMeansState, changed: np.ndarray
) -> None:
    """Draw the photos so small that a third of the plane would be covered if none overlapped."""
    side = int(np.clip(np.sqrt(SIZE.prod() / 3 / len(places)), 20, 40))
    labels = state.now.labels
    others = partners(state.photos, labels)
    for i, (left, top) in enumerate(np.rint(places - side / 2).astype(int).tolist()):
        if changed[i]:
            cv2.rectangle(frame, (left - 5, top - 5), (left + side + 4, top + side + 4), DARK, -1)
        small = cv2.resize(state.photos.squares[i], (side, side), interpolation=cv2.INTER_AREA)
        _draw_photo(frame, (left, top), small, labels[i], others[i])


def _draw_photo(
    frame: np.ndarray, corner: tuple[int, int], square: np.ndarray, group: int, partner: int
) -> None:
    """Draw a photo with its group; its group in all numbers, where it differs, opposite."""
    (left, top), side = corner, len(square)
    frame[top : top + side, left : left + side] = square
    low, high = (left - 1, top - 1), (left + side, top + side)
    cv2.rectangle(frame, low, high, draw.BLACK, 4)
    cv2.rectangle(frame, low, high, _colour(group), 2)
    if group >= 0:
        _draw_tag(frame, (left + 4, top + 4), group)
    if partner != group:
        _draw_tag(frame, (left + side - 4, top + side - 4), partner)


def draw_sheet(state: KMeansState) -> np.ndarray:
    """Draw the photos of the selected group side by side.

    Returns
    -------
    (180, 320, 3) uint8, blue first
    """
    frame = np.full((SHEET[1], SHEET[0], 3), 255, np.uint8)
    photos, labels = state.photos, state.now.labels
    rows, others = sheet_rows(photos, labels, state.selected), partners(photos, labels)
    pitch = SIDE + 8
    columns, lines = (SHEET - [0, 24]) // pitch
    for i, row in enumerate(rows[: columns * lines].tolist()):
        corner = (4 + i % columns * pitch, 28 + i // columns * pitch)
        _draw_photo(frame, corner, photos.squares[row], state.selected, others[row])
    title = f"Group {state.selected + 1}, photos: {len(rows)}"
    if len(rows) > columns * lines:
        title += f" ({columns * lines} of them here)"
    draw.write(frame, title, (SHEET[0] // 2, 12), 0.45)
    return frame


def _colour(group: int) -> tuple[int, int, int]:
    return COLOURS[group % len(COLOURS)] if group >= 0 else draw.GREY


def _draw_tag(frame: np.ndarray, middle: tuple[int, int], group: int) -> None:
    low, high = (middle[0] - 7, middle[1] - 7), (middle[0] + 7, middle[1] + 7)
    colour = _colour(group)
    cv2.rectangle(frame, low, high, colour, -1)
    cv2.rectangle(frame, low, high, draw.BLACK, 1)
    draw.write(frame, str(group + 1) if group >= 0 else "-", middle, 0.38, _ink(colour))


def _ink(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    blue, green, red = colour
    return draw.contrast(round(0.114 * blue + 0.587 * green + 0.299 * red))


def _draw_ways(frame: np.ndarray, state: KMeansState) -> None:
    """Draw how the centres came here in the last move, and the guess before or after it."""
    now = state.now
    ends = to_frame(state, now.centers)
    if now.move == MOVE:
        origins = to_frame(state, state.history[-2].centers)
        for origin, end in zip(origins.astype(int), ends.astype(int), strict=True):
            draw.line(frame, origin, end)
            _draw_disc(frame, origin.tolist(), 5)
    centre, spot = state.selected, state.guess
    if now.guess is not None:
        centre, spot = int(now.guess[0]), now.guess[1:]
    if spot is not None:
        middle = to_frame(state, spot[None])[0].astype(int).tolist()
        cv2.line(frame, middle, ends[centre].astype(int).tolist(), draw.BLACK, 1, cv2.LINE_AA)
        _draw_disc(frame, middle, 11)
        draw.write(frame, "?", middle, 0.55)


def _draw_disc(frame: np.ndarray, middle: list[int], radius: int) -> None:
    cv2.circle(frame, middle, radius, draw.WHITE, -1, cv2.LINE_AA)
    cv2.circle(frame, middle, radius, draw.BLACK, 2, cv2.LINE_AA)


def _draw_centre(
    frame: np.ndarray, spot: np.ndarray, group: int, selected: bool, radius: int
) -> None:
    """Draw the number of a centre on its colour, and a ring around the selected one."""
    middle = spot.astype(int).tolist()
    if selected:
        cv2.circle(frame, middle, radius + 5, draw.BLACK, 6, cv2.LINE_AA)
        cv2.circle(frame, middle, radius + 5, draw.WHITE, 2, cv2.LINE_AA)
    cv2.circle(frame, middle, radius, draw.BLACK, -1, cv2.LINE_AA)
    cv2.circle(frame, middle, radius - 2, draw.WHITE, -1, cv2.LINE_AA)
    cv2.circle(frame, middle, radius - 4, _colour(group), -1, cv2.LINE_AA)
    draw.write(frame, str(group + 1), middle, 0.5 if radius > 12 else 0.4, _ink(_colour(group)))


def draw_trace(state: KMeansState) -> np.ndarray:
    """Draw the inertia after each move of this run, and of earlier runs with as many centres.

    Returns
    -------
    (300, 320, 3) uint8, blue first
    """
    frame = np.full((TRACE[1], TRACE[0], 3), 255, np.uint8)
    *earlier, present = steps.runs(state)
    earlier = [run for run in earlier if len(run[-1].centers) == len(state.now.centers)]
    title = "Inertia after each move" + (" (grey: other starts)" if earlier else "")
    draw.write(frame, title, (TRACE[0] // 2, 14), 0.42)
    top = np.nanmax([0, *(moment.inertia for run in (*earlier, present) for moment in run)]) or 1
    longest = max(8, *(len(run) for run in (*earlier, present)))
    low, high = np.array([56, 36]), TRACE - [74, 50]
    cv2.polylines(frame, [np.array([low, [low[0], high[1]], high])], False, FAINT, 1)
    draw.write(frame, "0", (26, int(high[1])), 0.4)
    draw.write(frame, amount(top), (26, int(low[1])), 0.4)
    for run in (*earlier, present):
        known = [(i, moment) for i, moment in enumerate(run) if np.isfinite(moment.inertia)]
        spots = [(i / (longest - 1), 1 - moment.inertia / top) for i, moment in known]
        if spots:
            places = low + np.array(spots) * (high - low)
            _draw_curve(frame, places, [moment for _, moment in known], run is present)
    _draw_key(frame)
    return frame


def _draw_curve(
    frame: np.ndarray, places: np.ndarray, moments: list[Moment], present: bool
) -> None:
    colour = draw.BLACK if present else draw.GREY
    cv2.polylines(frame, [places.astype(np.int32)], False, colour, 1, cv2.LINE_AA)
    if not present:
        return
    for place, moment in zip(places, moments, strict=True):
        shape, colour, _ = MARKS.get(moment.move, BY_HAND)
        _fill(frame, place + 5 * shape, colour)
    x, y = places[-1].astype(int).tolist()
    cv2.rectangle(frame, (x + 10, y - 8), (x + 62, y + 8), draw.WHITE, -1)
    draw.write(frame, amount(moments[-1].inertia), (x + 36, y), 0.4)


def _draw_key(frame: np.ndarray) -> None:
    y = int(TRACE[1]) - 18
    for x, (shape, colour, name) in zip((20, 98, 224), (*MARKS.values(), BY_HAND), strict=True):
        _fill(frame, np.array([x, y]) + 5 * shape, colour)
        (width, _), _ = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
        draw.write(frame, name, (x + 10 + width // 2, y), 0.4)
