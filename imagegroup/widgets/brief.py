"""The BRIEF microscope: which of the 256 bits change when the patch is turned."""

from __future__ import annotations

import ipywidgets
import numpy as np

from imagegroup.orb import OrbParams
from imagegroup.widgets import brief_frames, draw
from imagegroup.widgets import brief_state as brief
from imagegroup.widgets.brief_state import HOW, BriefState, Reading
from imagegroup.widgets.pixels import ARROWS, Event, Microscope, Pixels, share, side_by_side

KEYS = [*ARROWS, "n", "p", "s", "a", "b"]
HINT = (
    "Click, or n and p: choose a keypoint. Left and right: bit. Up and down: turn "
    "(Shift: by 10). s: steering. a and b: pick two keypoints to compare."
)
BITS_HINT = (
    "White is 1, dark is 0; a cross: the bit changes.",
    "A column is a byte, its lowest bit on top. Click: choose a bit.",
)


def on_photo(state: BriefState, event: Event) -> BriefState:
    """Do what the reader did on the photo: a key, or a click that chooses the nearest keypoint."""
    if event.kind == "key":
        return brief.press(state, event.key, event.shift)
    places = (state.keypoints + 0.5) * draw.fit_scale(state.image)
    nearest = np.hypot(*(places - [event.x, event.y]).T).argmin()
    return brief.choose(state, int(nearest))


def on_bits(state: BriefState, event: Event) -> BriefState:
    """Do what the reader did on the bits: a key, or a click that chooses a bit."""
    if event.kind == "key":
        return brief.press(state, event.key, event.shift)
    bit = brief_frames.bit_at(event.x, event.y)
    return state if bit is None else brief.choose_bit(state, bit)


def draw_photo(state: BriefState) -> np.ndarray:
    """Draw the photo with all keypoints, the chosen one, and A and B."""
    return brief_frames.draw_photo(
        state.image, state.keypoints, brief.circle(state), {"A": state.a, "B": state.b}
    )


def draw_patches(state: BriefState, before: Reading, after: Reading) -> np.ndarray:
    """Draw the patch before and after the turn, with the two points of the bit."""
    farthest = np.hypot(*state.pattern.reshape(-1, 2).T).max()
    reach = int(farthest) + 1 + brief_frames.BLUR
    mode = int(state.steered)
    return brief_frames.draw_patches(
        [brief.patch(reading, reach) for reading in (before, after)],
        np.stack([reading.offsets[mode, state.bit] for reading in (before, after)]),
        [f"bit {state.bit} before", f"turned by {state.turn}, {HOW[mode]}"],
    )


def draw_bits(state: BriefState, before: Reading, after: Reading, mode: int) -> np.ndarray:
    """Draw the bits without (mode 0) or with steering: the changes only once one has guessed."""
    flips = brief.changed(before, after)[mode]
    title = f"{HOW[mode]}: {flips.sum()} of 256 change"
    if state.guess is None:
        flips, after, title = np.zeros(256, bool), before, f"before the turn, {HOW[mode]}"
    return brief_frames.draw_bits(after.bits[mode], flips, state.bit, title)


class BriefMicroscope(Microscope):
    """The pictures and controls of `brief_microscope`; `state` is a `BriefState`."""

    def __init__(self, state: BriefState) -> None:
        self.photo = Pixels(key_names=KEYS, pointer="click", hint=HINT, layout=share(300, 648))
        self.patches = Pixels(layout=share(300, 648))
        self.bits = [
            Pixels(key_names=KEYS, pointer="click", hint=BITS_HINT[mode], layout=share(300, 464))
            for mode in (0, 1)
        ]
        self.turn = ipywidgets.IntSlider(min=-180, max=180, value=state.turn, description="turn")
        self.bit = ipywidgets.IntSlider(max=255, value=state.bit, description="bit")
        self.steered = ipywidgets.Checkbox(description="steering", indent=False)
        self.steered.layout.width = "auto"
        self.count = ipywidgets.BoundedIntText(max=256, description="bits that change:")
        self.count.style.description_width = "initial"
        self.guess = ipywidgets.Button(description="Guess")
        self.photo.listen(lambda event: self.act(on_photo, event))
        for picture in self.bits:
            picture.listen(lambda event: self.act(on_bits, event))
        self.follow(self.turn, brief.turn, "turn")
        self.follow(self.bit, brief.choose_bit, "bit")
        self.follow(self.steered, brief.steer, "steered")
        self.guess.on_click(lambda _: self.act(brief.guess, self.count.value))
        picks = [self._pick_button(letter) for letter in ("a", "b")]
        rows = [
            side_by_side(self.photo, self.patches),
            side_by_side(self.turn, self.bit, self.steered),
            side_by_side(self.count, self.guess, *picks),
            side_by_side(*self.bits),
        ]
        super().__init__(state, rows)

    def _pick_button(self, letter: str) -> ipywidgets.Button:
        button = ipywidgets.Button(description=f"Pick {letter.upper()}")
        button.on_click(lambda _: self.act(brief.pick, letter))
        return button

    def redraw(self) -> None:
        """Show `state` in the pictures and the controls."""
        state = self.state
        before, after = brief.read(state, 0), brief.read(state, state.turn)
        self.patches.show(
            draw.png(draw_patches(state, before, after)),
            label=f"The patch before and after the turn, with the two points of bit {state.bit}",
            says=brief.words(state, before, after),
        )
        for mode, picture in enumerate(self.bits):
            picture.show(
                draw.png(draw_bits(state, before, after, mode)),
                label=f"256 bits {HOW[mode]}, as 32 bytes",
            )
        self.photo.show(
            draw.jpeg(draw_photo(state)),
            label=f"Photo with {len(state.keypoints)} keypoints, number {state.selected} chosen",
        )
        self.turn.value, self.bit.value, self.steered.value = state.turn, state.bit, state.steered


def brief_microscope(image: np.ndarray, params: OrbParams | None = None) -> BriefMicroscope:
    """Choose a keypoint, turn its patch, and see which of the 256 bits change.

    The patch is turned about the keypoint, its direction measured anew, and the 256 pairs are read
    twice: upright (BRIEF), and turned with the measured direction (ORB's steering). How many bits
    change stays hidden until the reader has guessed. Two keypoints picked as A and B are compared
    by their Hamming distance.

    Parameters
    ----------
    image : (H, W) uint8, grey, with at least one keypoint
    params : OrbParams, optional
        With `wta_k` 2.

    Returns
    -------
    BriefMicroscope
        An ipywidget; shown by JupyterLab when it is the last value of a cell.

    Raises
    ------
    ValueError
        See `brief_state.start`.

    Examples
    --------
    >>> image = np.zeros((128, 128), np.uint8)
    >>> image[40:88, 40:88] = 255
    >>> microscope = brief_microscope(image)
    >>> "Guess first" in microscope.patches.says
    True
    >>> microscope.act(brief.guess, 30)
    >>> "your guess for 10 degrees: 30" in microscope.patches.says
    True
    """
    return BriefMicroscope(brief.start(image, params))
