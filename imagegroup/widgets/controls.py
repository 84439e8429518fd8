"""What the controls of ipywidgets lack, for all that lie in one box."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Controls(anywidget.AnyWidget):
    """Unseen: put it into a box of class ig-microscope or ig-app, and controls.js serves the box.

    Handles of sliders get a name for screen readers; letters on a drop-down find what they spell
    however slowly they come; no key reaches the notebook, where two of them delete a cell.
    """

    _esm = Path(__file__).with_name("controls.js")
