"""Thumbnails in groups that one selects and drives by keys: the front end of the desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import traitlets

from imagegroup.grouping import Grouping
from imagegroup.images import Photo, map_images
from imagegroup.skips import Skipped
from imagegroup.widgets import draw

THUMBNAIL, LARGE = 160, 1_200
"""Longer sides in px of pictures among others and alone."""


class Grid(anywidget.AnyWidget):
    """Bands of thumbnails below a few lines in words.

    Attributes
    ----------
    view : dict
        `bands`, each with `key number title note page pages photos`, a photo being
        [row, name, marks]; `selected`, rows; `focus`, a row; `seen`, the last event that this
        answers; `jumps` grows when the page shall scroll to the focus; `fields`, for the key that
        leads to a field beside the grid what Python knows of it: a text, or the place in a list.
    says : str, read aloud by screen readers when it changes
    label : str, stands for the whole
    key_names : list of str, keys that are reported; the arrows and others grid.js serves itself
    """

    _esm = Path(__file__).with_name("grid.js")
    _css = Path(__file__).with_name("grid.css")
    view = traitlets.Dict({"bands": [], "selected": [], "focus": -1, "fields": {}}).tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    key_names = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def listen(self, handler: Callable[[dict], None], grouping: Grouping) -> None:
        """Call `handler` with what the reader did; send the pictures that the page asks for."""

        def received(widget: Grid, event: dict, buffers: list) -> None:
            try:
                if event["kind"] == "pictures":
                    rows = event["rows"]
                    self.send({"thumbnails": rows}, buffers=pictures(grouping, rows, THUMBNAIL))
                else:
                    handler(event)
            finally:
                self.send({"answered": True})

        self.on_msg(received)


def pictures(grouping: Grouping, rows: Sequence[int], side: int) -> list[bytes]:
    """Read photos small, upright and in colour, and encode them anew as JPEG.

    Returns
    -------
    list of bytes
        Empty for a photo that has become unreadable.
    """
    paths = [grouping.paths[row] for row in rows]
    found = map_images(_jpeg, grouping.folder, paths, max_side=side, colour=True)
    return [b"" if isinstance(picture, Skipped) else picture for picture in found]


def _jpeg(photo: Photo) -> bytes:
    return draw.jpeg(photo.image[..., ::-1])
