"""A picture that one points at and drives by keys: the front end of every microscope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from imagegroup.widgets.controls import Controls

ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
"""What each arrow key means: steps in x and y."""


@dataclass(frozen=True)
class Event:
    """What the reader did; `x`, `y` are px of the picture.

    `kind` is "key", "move", "click", or of a mouse that drags "press", "drag" and "drop".
    """

    kind: str
    x: float = 0
    y: float = 0
    key: str = ""
    shift: bool = False


class Pixels(anywidget.AnyWidget):
    """A picture with pointer and keys, a line in words below it and a hint on how to use it.

    Attributes
    ----------
    image : bytes, PNG or JPEG
    label : str, stands for the picture where it cannot be seen
    says : str, read aloud by screen readers when it changes
    hint : str, which keys and clicks do what
    key_names : list of str, the keys it takes; all others keep their meaning
    pointer : str, what it reports of the mouse: "none", "click", "move" (clicks too) or "drag"
    """

    _esm = Path(__file__).with_name("pixels.js")
    _css = Path(__file__).with_name("pixels.css")
    image = traitlets.Bytes().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    key_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    pointer = traitlets.Enum(["none", "click", "move", "drag"], "none").tag(sync=True)

    def show(self, image: bytes, **texts: str) -> None:
        """Replace the picture and any of `label`, `says`, `hint` in one message."""
        with self.hold_sync():
            self.image = image
            for name, text in texts.items():
                setattr(self, name, text)

    def listen(self, handler: Callable[[Event], None]) -> None:
        """Call `handler` with each `Event`; the front end sends the next one when it returned."""

        def received(widget: Pixels, content: dict, buffers: list) -> None:
            try:
                handler(Event(**content))
            finally:
                self.send({"answered": True})

        self.on_msg(received)


class Microscope(ipywidgets.VBox):
    """Pictures and controls around one frozen value, `state`.

    Whatever the reader does calls `act` with a pure function from the old state to the new one;
    `redraw`, which each microscope defines, then shows the new one.
    """

    def __init__(self, state: object, children: list[ipywidgets.Widget]) -> None:
        self.state = state
        super().__init__([*children, Controls()])
        self.add_class("ig-microscope")
        self.redraw()

    def act(self, function: Callable, *args: object) -> None:
        """Replace `state` by `function(state, *args)` and draw it."""
        self.state = function(self.state, *args)
        self.redraw()

    def redraw(self) -> None:
        """Show `state` in the pictures and the controls."""
        raise NotImplementedError

    def follow(self, control: ipywidgets.Widget, function: Callable, name: str) -> None:
        """Let `control` set what `state` calls `name`, by `function(state, value)`."""

        def changed(change: dict) -> None:
            # `redraw` sets the control in its turn; only the reader's changes count.
            if change["new"] != getattr(self.state, name):
                self.act(function, change["new"])

        control.observe(changed, "value")

    def __repr__(self) -> str:
        # What a reader sees where widgets cannot be shown; longer ones are cut.
        return "Microscope: run this cell in JupyterLab to use it; the figure below shows the same."


def side_by_side(*children: ipywidgets.Widget) -> ipywidgets.Box:
    """Put widgets in a row that wraps where the page is narrow or zoomed."""
    layout = ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start")
    return ipywidgets.Box(children, layout=layout)


def share(least: int, most: int) -> ipywidgets.Layout:
    """Let a picture grow and shrink beside others, between two widths in px."""
    return ipywidgets.Layout(flex=f"{least} 1 {least}px", max_width=f"{most}px")
