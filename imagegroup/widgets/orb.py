"""The ORB explorer: nine knobs, what they find in a photo, and whether it is found again."""

from __future__ import annotations

import html
from collections.abc import Mapping

import cv2
import ipywidgets
import numpy as np

from imagegroup.orb import SCORE_TYPES, OrbParams
from imagegroup.widgets import draw
from imagegroup.widgets import orb_state as orb
from imagegroup.widgets.orb_state import KNOBS, Found, Matched, OrbState
from imagegroup.widgets.pixels import Microscope, Pixels, share, side_by_side

RIGHT_HINT = "Thin light lines: right matches. Thick dark-rimmed lines: wrong ones, at most 60."
BAR, ROW = 200, 22
"""Width in px of the longest bar of the octaves, and the height of each row."""
MOST_WRONG = 60


def octave_colours(n_levels: int) -> np.ndarray:
    """Give each octave a colour from dark to light, (n_levels, 3) uint8, blue first."""
    steps = np.linspace(60, 255, max(n_levels, 2)).astype(np.uint8)[:n_levels]
    return cv2.applyColorMap(steps[:, None], cv2.COLORMAP_VIRIDIS)[:, 0]


def draw_keypoints(image: np.ndarray, found: Found) -> np.ndarray:
    """Draw each keypoint as a circle of its size, with a line in its direction."""
    frame, scale = draw.fit(image)
    features = found.features
    colours = octave_colours(found.params.n_levels)
    centres = np.rint(16 * ((features.keypoints + 0.5) * scale - 0.5)).astype(int)  # 1/16 px
    radii = features.sizes * scale / 2
    angles = np.deg2rad(features.angles)
    tips = centres + 16 * radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    for row in np.argsort(-features.octaves, kind="stable"):  # the small ones on top
        colour = colours[features.octaves[row]].tolist()
        centre, radius = centres[row].tolist(), round(16 * float(radii[row]))
        cv2.circle(frame, centre, radius, colour, 1, cv2.LINE_AA, 4)
        cv2.line(frame, centre, np.rint(tips[row]).astype(int).tolist(), colour, 1, cv2.LINE_AA, 4)
    return frame


def draw_matches(state: OrbState, matched: Matched) -> np.ndarray:
    """Draw the photo and its second view side by side, with their matches as lines."""
    (left, scale), (right, _) = (draw.fit(i, 320, 320) for i in (state.image, state.second))
    frame, (rows, columns) = np.hstack([left, right]), matched.pairs.T
    ends = state.a.features.keypoints[rows], matched.second.keypoints[columns]
    starts, stops = (np.rint((e + 0.5) * scale).astype(int) for e in ends)
    stops[:, 0] += left.shape[1]
    for start, stop in zip(starts[matched.right], stops[matched.right], strict=True):
        cv2.line(frame, start.tolist(), stop.tolist(), (233, 180, 86), 1, cv2.LINE_AA)
    wrong = np.flatnonzero(~matched.right)[:MOST_WRONG]
    for start, stop in zip(starts[wrong], stops[wrong], strict=True):
        for colour, thickness in ((draw.BLACK, 4), (draw.ORANGE, 2)):
            cv2.line(frame, start.tolist(), stop.tolist(), colour, thickness, cv2.LINE_AA)
    return frame


def draw_octaves(found: Found) -> np.ndarray:
    """Draw for each octave how many keypoints were found, in a frame for those asked for."""
    counts, quotas = orb.per_octave(found), found.quotas
    frame = np.full((ROW * (len(counts) + 1) + 6, BAR + 150, 3), 255, np.uint8)
    most = max(*counts, *quotas, 1)
    draw.write(frame, "octave: found / asked for", (BAR // 2 + 70, 12), 0.42)
    colours = octave_colours(len(counts))
    for octave, (count, quota) in enumerate(zip(counts, quotas, strict=True)):
        top = ROW * (octave + 1)
        low, high = (30, top + 3), (30 + BAR * count // most, top + ROW - 3)
        cv2.rectangle(frame, low, high, colours[octave].tolist(), -1)
        cv2.rectangle(frame, low, (30 + BAR * quota // most, high[1]), draw.BLACK, 1)
        draw.write(frame, str(octave), (14, top + ROW // 2), 0.42)
        draw.write(frame, f"{count} / {quota}", (BAR + 90, top + ROW // 2), 0.42)
    return frame


class OrbExplorer(Microscope):
    """The pictures and controls of `orb_explorer`; `state` is an `OrbState`."""

    def __init__(self, state: OrbState) -> None:
        self.photo, self.kept = (Pixels(layout=share(320, 640)) for _ in "ab")
        self.matches, self.octaves = Pixels(layout=share(320, 640)), Pixels(layout=share(200, 350))
        self.chooser = ipywidgets.Dropdown(options=list(state.images), description="photo")
        self.chooser.layout.max_width = "98%"
        self.knobs = {name: _slider(name) for name in KNOBS}
        self.score = ipywidgets.Dropdown(options=list(SCORE_TYPES), description="score_type")
        self.code = ipywidgets.Text(description="as code", disabled=False)
        self.code.layout.width = "98%"
        self.chooser.observe(lambda change: self._chosen(change["new"]), "value")
        for name, slider in {**self.knobs, "score_type": self.score}.items():
            slider.observe(lambda change, name=name: self._turned(name, change["new"]), "value")
        buttons = [
            _button("Reset", "OpenCV's defaults", lambda: self.act(orb.reset)),
            _button("Keep as B", "remember this to compare with", lambda: self.act(orb.keep)),
            _button("Swap A and B", "let them change places", lambda: self.act(orb.swap)),
        ]
        rows = [_with_sentence(s, KNOBS[n].sentence) for n, s in self.knobs.items()]
        rows.append(_with_sentence(self.score, orb.SCORE_SENTENCE))
        controls = ipywidgets.VBox([self.chooser, *rows, side_by_side(*buttons)])
        seen = [side_by_side(self.photo, self.kept), side_by_side(self.matches, self.octaves)]
        super().__init__(state, [controls, *seen, self.code])

    def _chosen(self, name: str) -> None:
        if name != self.state.name:
            self.act(orb.choose, name)

    def _turned(self, name: str, value: float | str) -> None:
        # `redraw` sets the sliders in its turn; only the reader's changes count.
        if value != getattr(self.state.a.params, name):
            self.act(orb.turn, name, value)

    def redraw(self) -> None:
        """Show `state`: first the keypoints, which are quick, then what takes longer."""
        state = self.state
        self._show(self.photo, "A", state.a, state.complaint)
        for name, slider in self.knobs.items():
            value = getattr(state.a.params, name)
            slider.min, slider.max = min(slider.min, value), max(slider.max, value)
            slider.value = value
        self.score.value, self.chooser.value = state.a.params.score_type, state.name
        self.code.value = orb.as_code(state.a.params)
        counts = ", ".join(map(str, orb.per_octave(state.a)))
        self.octaves.show(draw.png(draw_octaves(state.a)), label=f"Keypoints by octave: {counts}")
        matched = orb.match(state, state.a)
        says = [f"A: {orb.match_words(matched)}"]
        if state.b:
            self._show(self.kept, "B", state.b)
            says.append(f"B: {orb.match_words(orb.match(state, state.b))}")
        self.kept.layout.display = None if state.b else "none"
        label = "The photo and its second view, turned and smaller, with lines between matches"
        picture = draw.jpeg(draw_matches(state, matched))
        self.matches.show(picture, label=label, says="\n".join(says), hint=RIGHT_HINT)

    def _show(self, picture: Pixels, title: str, found: Found, complaint: str = "") -> None:
        picture.show(
            draw.jpeg(draw_keypoints(self.state.image, found)),
            label=f"{title}: {len(found.features)} keypoints on the photo",
            says=complaint or f"{title}: {orb.words(found)}",
            hint=f"{found.milliseconds:.1f} ms. {orb.as_code(found.params)}",
        )


def orb_explorer(
    images: np.ndarray | Mapping[str, np.ndarray], params: OrbParams | None = None
) -> OrbExplorer:
    """Turn ORB's nine knobs and see what changes.

    Circles are keypoints: their size, their direction, their octave by colour. Below, the photo is
    matched with a second view of itself, turned by 20 degrees and shrunk to 0.8, whose homography
    is known; so each match is known to be right or wrong. "Keep as B" puts two settings side by
    side; the last line is the setting as code, to be copied.

    Parameters
    ----------
    images : (H, W) uint8, grey, 32 to 1,024 px a side; or a mapping of names to several
    params : OrbParams, optional
        Where to start; OpenCV's defaults when left out.

    Returns
    -------
    OrbExplorer
        An ipywidget; shown by JupyterLab when it is the last value of a cell.

    Raises
    ------
    ValueError
        See `orb_state.start`.

    Examples
    --------
    >>> explorer = orb_explorer(np.zeros((100, 100), np.uint8))
    >>> explorer.knobs["n_levels"].value = 1
    >>> print(explorer.photo.says.splitlines()[1])
    Found of asked for, by octave: 0/500.
    """
    return OrbExplorer(orb.start(images, params or OrbParams()))


def _slider(name: str) -> ipywidgets.Widget:
    knob = KNOBS[name]
    kind = ipywidgets.FloatSlider if name == "scale_factor" else ipywidgets.IntSlider
    layout = ipywidgets.Layout(width="360px", max_width="98%")
    return kind(
        min=knob.low,
        max=knob.high,
        step=knob.step,
        description=name,
        style={"description_width": "110px"},
        layout=layout,
    )


def _with_sentence(control: ipywidgets.Widget, sentence: str) -> ipywidgets.Widget:
    return side_by_side(control, ipywidgets.HTML(html.escape(sentence)))  # a Label would not wrap


def _button(text: str, tip: str, pressed) -> ipywidgets.Button:
    button = ipywidgets.Button(description=text, tooltip=tip)
    button.on_click(lambda _: pressed())
    return button
