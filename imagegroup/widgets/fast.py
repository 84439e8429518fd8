"""The FAST microscope: what makes this pixel a corner, or not, at this threshold."""

from __future__ import annotations

import cv2
import ipywidgets
import numpy as np

from imagegroup.scratch.fast import MARGIN, RING
from imagegroup.widgets import draw
from imagegroup.widgets import fast_state as fast
from imagegroup.widgets.fast_state import FastState
from imagegroup.widgets.pixels import ARROWS, Event, Microscope, Pixels, share, side_by_side

CELL = 68
"""Side in px of one pixel under the lens, which shows 7 x 7 of them."""

MARKS = {1: "+", -1: "-", 0: "="}
COLOURS = {1: draw.ORANGE, -1: draw.BLUE, 0: draw.GREY}
KEYS = [*ARROWS, "+", "=", "-", "_", " ", "Enter"]
HINT = "Mouse or arrow keys: move (Shift: by 10 px). + and -: threshold. Click or Space: "
LENS_HINT = "+ lighter, - darker, = similar to the centre. Thick rims: the longest run."


def handle(state: FastState, event: Event) -> FastState:
    """Do what the reader did: a key, the mouse moved over the photo, or a click, which holds."""
    if event.kind == "key":
        return fast.press(state, event.key, event.shift)
    if event.kind == "move" and state.held:
        return state
    scale = draw.fit_scale(state.image)
    state = fast.move(state, int(event.x / scale), int(event.y / scale))
    return fast.hold(state) if event.kind == "click" else state


def draw_photo(state: FastState) -> np.ndarray:
    """Draw the photo with OpenCV's corners and a square around the pixel."""
    frame, scale = draw.fit(state.image)
    if state.show_corners:
        places = ((np.argwhere(state.kept) + 0.5) * scale).astype(int)
        rows, columns = np.minimum(places, np.array(frame.shape[:2]) - 1).T
        frame[rows, columns] = frame[rows - 1, columns] = draw.VERMILION
        frame[rows, columns - 1] = frame[rows - 1, columns - 1] = draw.VERMILION
    colour = draw.ORANGE if state.held else draw.WHITE
    centre = (int((state.x + 0.5) * scale), int((state.y + 0.5) * scale))
    draw.outline(frame, centre, max(8, int(3.5 * scale)), colour)
    return frame


def draw_lens(state: FastState) -> np.ndarray:
    """Draw the 7 x 7 pixels around: differences, marks, and the longest arc with a thick rim."""
    x, y, test = state.x, state.y, fast.seen(state)
    around = state.image[y - MARGIN : y + MARGIN + 1, x - MARGIN : x + MARGIN + 1]
    frame = draw.enlarge(around, CELL)
    lit = set(test.arc.positions)
    for i, (dx, dy) in enumerate(RING):
        kind, left, top = int(test.classes[i]), (dx + MARGIN) * CELL, (dy + MARGIN) * CELL
        low, high = (left + 4, top + 4), (left + CELL - 5, top + CELL - 5)
        if i in lit:
            cv2.rectangle(frame, low, high, draw.WHITE, 10)
        cv2.rectangle(frame, low, high, COLOURS[kind], 7 if i in lit else 2)
        _draw_mark(frame, kind, (left + 16, top + 16))
        ink = draw.contrast(test.ring[i])
        draw.write(
            frame,
            fast.signed(test.differences[i]),
            (left + CELL // 2, top + CELL // 2 + 8),
            0.6,
            ink,
        )
    middle = MARGIN * CELL + CELL // 2
    draw.write(frame, str(test.centre), (middle, middle), 0.6, draw.contrast(test.centre))
    return frame


def _draw_mark(frame: np.ndarray, kind: int, centre: tuple[int, int]) -> None:
    cv2.circle(frame, centre, 11, draw.WHITE, -1, cv2.LINE_AA)
    cv2.circle(frame, centre, 11, COLOURS[kind], 2, cv2.LINE_AA)
    draw.write(frame, MARKS[kind], centre, 0.6)


class FastMicroscope(Microscope):
    """The pictures and controls of `fast_microscope`; `state` is a `FastState`."""

    def __init__(self, state: FastState) -> None:
        self.photo = Pixels(key_names=KEYS, pointer="move", layout=share(320, 648))
        self.lens = Pixels(hint=LENS_HINT, layout=share(240, 484))
        self.slider = ipywidgets.IntSlider(max=255, description="threshold")
        self.corners = ipywidgets.Checkbox(description="show OpenCV's corners", indent=False)
        self.photo.listen(lambda event: self.act(handle, event))
        self.follow(self.slider, fast.change_threshold, "threshold")
        self.follow(self.corners, fast.show_corners, "show_corners")
        pictures = side_by_side(self.photo, self.lens)
        super().__init__(state, [pictures, side_by_side(self.slider, self.corners)])

    def redraw(self) -> None:
        """Show `state` in the pictures and the controls."""
        state, test = self.state, fast.seen(self.state)
        height, width = state.image.shape
        pixel = f"Pixel ({state.x}, {state.y}), grey {test.centre}."
        self.lens.show(draw.png(draw_lens(state)), label=fast.describe_ring(state))
        self.photo.show(
            draw.jpeg(draw_photo(state)),
            label=f"Photo of {width} x {height} pixels, looking at ({state.x}, {state.y})",
            says="\n".join([pixel, fast.verdict(state), fast.opencv_says(state)]),
            hint=HINT + ("follow the mouse again." if state.held else "hold this pixel."),
        )
        self.slider.value, self.corners.value = state.threshold, state.show_corners


def fast_microscope(image: np.ndarray, threshold: int = 20) -> FastMicroscope:
    """Move over a photo and see for each pixel why it is a corner or not.

    Under the lens: the 16 pixels of the ring, each minus the centre, marked + lighter, - darker or
    = similar; the longest run of one class has a thick rim. Below: the verdict, the score, and
    whether the pixel is in the list of `cv2.FastFeatureDetector`.

    Parameters
    ----------
    image : (H, W) uint8, grey, 7 x 7 px to 2 million pixels
    threshold : int, 0 to 255 grey levels

    Returns
    -------
    FastMicroscope
        An ipywidget; shown by JupyterLab when it is the last value of a cell.

    Raises
    ------
    ValueError
        See `fast_state.start`.

    Examples
    --------
    >>> microscope = fast_microscope(np.zeros((100, 100), np.uint8))
    >>> microscope.act(fast.move, 10, 20)
    >>> print(microscope.photo.says)
    Pixel (10, 20), grey 0.
    No corner: all 16 are within 20 of the centre. No threshold makes it one.
    OpenCV agrees: not in its list.
    """
    return FastMicroscope(fast.start(image, threshold))
