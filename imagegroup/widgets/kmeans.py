"""The K-means stepper: what each move does to points, or to the reader's own photos."""

from __future__ import annotations

import ipywidgets
import numpy as np

from imagegroup.grouping import Grouping
from imagegroup.widgets import draw, kmeans_frames, kmeans_words
from imagegroup.widgets import kmeans_state as steps
from imagegroup.widgets.kmeans_photos import read_photos
from imagegroup.widgets.kmeans_state import KMeansState
from imagegroup.widgets.pixels import ARROWS, Event, Microscope, Pixels, share, side_by_side

EXAMPLES = {
    "clumps": "three clumps",
    "unequal": "unequal sizes",
    "moons": "two moons",
    "uniform": "no groups",
}
REACH = 20
"""How near in px the mouse must be to a centre to take it."""

KEYS = [*ARROWS, *steps.ACTIONS, "n", "p", "g"]
HINT = (
    "Space: next move. b: back. r: run to the end. n and p: select a centre; arrow keys or the "
    "mouse move it (Shift: farther). a: add one, d: remove it. g or a click before the centres "
    "move: guess where the selected one will go."
)


def example_points(name: str, random_state: int = 0) -> np.ndarray:
    """Draw points that show how K-means succeeds or fails.

    Parameters
    ----------
    name : {"clumps", "unequal", "moons", "uniform"}
    random_state : int

    Returns
    -------
    (n, 2) float64

    Raises
    ------
    ValueError
        The name is another.

    Examples
    --------
    >>> example_points("clumps").shape
    (90, 2)
    """
    from sklearn.datasets import make_blobs, make_moons

    if name not in EXAMPLES:
        raise ValueError(f"points={name!r}: expected one of {', '.join(EXAMPLES)}, or an array.")
    if name == "moons":
        return make_moons(160, noise=0.07, random_state=random_state)[0]
    if name == "uniform":
        return np.random.default_rng(random_state).uniform(0, [4, 3], (160, 2))
    counts, centers, spreads = {
        "clumps": ([30, 30, 30], [[0, 0], [3, 1.8], [8, 0]], 0.7),
        "unequal": ([150, 20, 20], [[0, 0], [6, 2.2], [6, -2.2]], [1.8, 0.4, 0.4]),
    }[name]
    return make_blobs(counts, 2, centers=centers, cluster_std=spreads, random_state=random_state)[0]


def handle(state: KMeansState, event: Event) -> KMeansState:
    """Do what the reader did in the plane: a key, or a centre pressed, dragged and dropped."""
    if event.kind == "key":
        return steps.press(state, event.key, event.shift)
    spot = kmeans_frames.to_plane(state, event.x, event.y)
    if event.kind == "press":
        places = kmeans_frames.to_frame(state, state.now.centers)
        distances = np.hypot(*(places - [event.x, event.y]).T)
        near = distances.min() <= REACH
        return steps.grip(state, int(distances.argmin()), spot) if near else state
    if event.kind == "drag":
        return state if state.held is None else steps.place(state, spot + state.held)
    return steps.drop(state) if state.held is not None else steps.predict(state, spot)


class KMeansStepper(Microscope):
    """The pictures and controls of `kmeans_stepper`; `state` is a `KMeansState`."""

    def __init__(self, state: KMeansState) -> None:
        self.plane = Pixels(key_names=KEYS, pointer="drag", hint=HINT, layout=share(400, 648))
        self.trace = Pixels(layout=share(240, 328))
        self.plane.listen(lambda event: self.act(handle, event))
        self.next = self._button("", steps.step)
        self.next.button_style = "primary"
        moves = [
            self.next,
            self._button("Back", steps.back),
            self._button("Run to the end", steps.run),
            self._button("Add a centre", steps.add),
            self._button("Remove the centre", steps.remove),
        ]
        starts = [self._button(f"New start: {how}", steps.restart, how) for how in steps.STARTS]
        if state.name:
            self.examples = ipywidgets.Dropdown(
                options=[(title, name) for name, title in EXAMPLES.items()],
                value=state.name,
                description="points",
            )
            self.follow(self.examples, change_example, "name")
            starts.append(self.examples)
        self.sheet = Pixels(layout=share(240, 328))
        beside = ipywidgets.VBox([self.trace, self.sheet] if state.photos else [self.trace])
        pictures = side_by_side(self.plane, beside)
        super().__init__(state, [pictures, side_by_side(*moves), side_by_side(*starts)])

    def _button(self, text: str, function, *args: object) -> ipywidgets.Button:
        button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="auto"))
        button.on_click(lambda _: self.act(function, *args))
        return button

    def redraw(self) -> None:
        """Show `state` in the pictures and on the button."""
        state = self.state
        encode = draw.jpeg if state.photos else draw.png
        self.plane.show(
            encode(kmeans_frames.draw_plane(state)),
            label=kmeans_words.describe(state),
            says=kmeans_words.words(state),
        )
        self.trace.show(
            draw.png(kmeans_frames.draw_trace(state)), label=kmeans_words.describe_trace(state)
        )
        if state.photos:
            self.sheet.show(
                draw.jpeg(kmeans_frames.draw_sheet(state)),
                label=kmeans_words.describe_sheet(state),
                says=kmeans_words.in_all_numbers(state),
            )
        # Its name changes, the button stays: the focus does too.
        self.next.description = kmeans_words.NEXT[steps.next_move(state)]

    def __repr__(self) -> str:
        return "K-means: run this cell in JupyterLab to use it; the figure below shows the same."


def change_example(state: KMeansState, name: str) -> KMeansState:
    """Look at other points, from a random start with as many centres."""
    points = example_points(name, state.random_state)
    return steps.start(points, len(state.now.centers), "random", state.random_state, name)


def kmeans_stepper(
    points: str | np.ndarray | Grouping = "clumps",
    k: int | None = None,
    *,
    start: str = "random",
    random_state: int = 0,
) -> KMeansStepper:
    """Do the moves of K-means one by one, and take them back; add, drag and remove centres.

    The tint of the plane says which centre is nearest, colour and shape of a point which group it
    has; a ring, that its last group was another. Photos are clustered in the plane drawn; where
    their group in all numbers differs, a small square tells it.

    Parameters
    ----------
    points : str, (n, 2) numbers, or Grouping
        "clumps", "unequal", "moons" or "uniform" points; n up to 1,000 points of your own; or
        photos, of which at most 300 are drawn, at their first two principal coordinates.
    k : int, optional
        Centres to start with: 3, or as many as the grouping has groups.
    start : {"random", "k-means++"}
    random_state : int
        Of the examples and of the first start; start number i is drawn with `random_state + i`.

    Returns
    -------
    KMeansStepper
        An ipywidget; shown by JupyterLab when it is the last value of a cell.

    Raises
    ------
    ValueError
        See `kmeans_state.start`, `example_points` and `read_photos`.

    Examples
    --------
    From whichever two points it starts, it ends at {0, 1} and {9}: 0.5**2 + 0.5**2.

    >>> stepper = kmeans_stepper([[0, 0], [1, 0], [9, 0]], k=2)
    >>> stepper.next.description
    'Assign'
    >>> stepper.act(steps.run)
    >>> stepper.next.description, stepper.state.now.inertia
    ('Converged', 0.5)
    """
    name, photos = None, None
    if isinstance(points, str):
        name, points = points, example_points(points, random_state)
    elif isinstance(points, Grouping):
        k = points.k if k is None else k
        points, photos = read_photos(points)
    return KMeansStepper(steps.start(points, k, start, random_state, name, photos))
