"""Finished rows on disk: what is there survives an interruption, a torn last line is left out."""

from __future__ import annotations

import csv
import io
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from imagegroup.names import csv_cell, display_name

Row = dict[str, str]
"""A cell of text for each column; numbers as Python writes them, so that none is rounded."""


def cell(value: object) -> str:
    """Write a value as the text of one cell, which a spreadsheet does not compute.

    Examples
    --------
    >>> cell(0.1), cell(None), cell(float("nan")), cell((1, 2)), cell("=1+1")
    ('0.1', 'none', '', '[1 2]', "'=1+1")
    """
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, (tuple, list)):
        return "[" + " ".join(map(str, value)) + "]"
    if value is None:
        return "none"
    return csv_cell(value) if isinstance(value, str) else repr(value)


def checked_file(out: str | os.PathLike, folder: Path) -> Path:
    """Return the path of a file to write; ValueError if it cannot be, or lies among the photos."""
    out = Path(out).expanduser()
    if folder.resolve() in out.resolve().parents:
        raise ValueError(
            f"{display_name(out)} lies in the folder of the photos: write it somewhere else."
        )
    if not out.parent.is_dir() or out.is_dir():
        raise ValueError(f"{display_name(out)}: expected a file in a folder that exists.")
    return out


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """Read the finished rows of a sweep; none when there is no file yet.

    Raises
    ------
    ValueError
        The file is not a sweep with these columns.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    whole = data[: data.rfind(b"\n") + 1]  # what is after it was cut off while it was written
    lines = list(csv.reader(io.StringIO(whole.decode("utf-8", "replace"), newline="")))
    if lines and lines[0] == list(columns) and all(len(c) == len(columns) for c in lines):
        return [dict(zip(columns, cells, strict=True)) for cells in lines[1:]]
    raise ValueError(
        f"{display_name(path)} holds something else than a sweep of {', '.join(columns[:4])} ...: "
        "name a new file for this one."
    )


def write_rows(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write all rows, whole or not at all."""
    lines = [columns, *([row[name] for name in columns] for row in rows)]
    replace_file(path, "".join(map(_line, lines)))


def append_row(path: Path, columns: Sequence[str], row: Mapping[str, str]) -> None:
    """Add one row, and return when it is on the disk."""
    with open(path, "ab") as file:
        file.write(_line([row[name] for name in columns]).encode())
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, text: str) -> Path:
    """Write a text file so that readers see the old one or the new one, never a part."""
    file, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(file, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
    return path


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
