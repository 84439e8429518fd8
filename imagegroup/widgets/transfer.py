"""Files between the browser and the kernel, in pieces well below what one message may hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets

from imagegroup import uploads
from imagegroup.staging import ExportError


class Upload(anywidget.AnyWidget):
    """A field to choose files with; they arrive in `place` one after the other.

    Attributes
    ----------
    label : str
    says : str, read aloud by screen readers when it changes
    arrived : int, files that have arrived whole
    """

    _esm = Path(__file__).with_name("upload.js")
    label = traitlets.Unicode("Upload photos").tag(sync=True)
    says = traitlets.Unicode(uploads.LIMITS_IN_WORDS).tag(sync=True)
    piece = traitlets.Int(uploads.PIECE).tag(sync=True)
    arrived = traitlets.Int(0)

    def __init__(self, place: str | Path) -> None:
        super().__init__()
        self.place = place
        self.on_msg(self._receive)

    def _receive(self, widget: Upload, content: dict, buffers: list) -> None:
        refused = ""
        try:
            whole = uploads.receive(self.place, **content, data=bytes(buffers[0]))
            self.arrived += whole is not None
        except (ValueError, OSError) as error:
            refused = str(error)
        self.send({"refused": refused})


class Download(anywidget.AnyWidget):
    """A button that has a file made and brings it to the reader.

    `make` returns the file; its error is shown in one line.
    """

    _esm = Path(__file__).with_name("download.js")
    label = traitlets.Unicode().tag(sync=True)
    filename = traitlets.Unicode().tag(sync=True)

    def __init__(self, label: str, filename: str, make: Callable[[], Path]) -> None:
        super().__init__(label=label, filename=filename)
        self.make, self.file = make, None
        self.on_msg(self._answer)

    def _answer(self, widget: Download, content: dict, buffers: list) -> None:
        at = content["at"]
        try:
            if at == 0:
                self.file = self.make()
            with self.file.open("rb") as file:
                file.seek(at)
                data = file.read(uploads.PIECE)
            self.send({"at": at, "size": self.file.stat().st_size}, buffers=[data])
        except (ValueError, OSError, ExportError) as error:
            self.send({"refused": str(error)})
