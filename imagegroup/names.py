"""File names as input: safe to print, safe as one path component, safe in a spreadsheet.

On Linux a file name is any bytes without ``/`` and NUL. Python gives bytes that are not UTF-8 as
lone surrogates (``surrogateescape``), which print, CSV and matplotlib refuse. Names may also hold
terminal escapes, line breaks and marks that turn the writing direction.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata

MAX_BYTES = 200
"""Longest component of `safe_component`; file systems allow 255, the rest is for numbers."""

RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "clock$", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
"""Names that Windows keeps for devices, whatever follows a dot."""

FORMULA = "=+-@＝＋－＠"  # the full-width four start a formula too, in East Asian spreadsheets


def _is_plain(char: str) -> bool:
    """Tell whether a character can be shown as it is: visible, a space, or what joins an emoji."""
    return char.isprintable() or char in "\u200c\u200d"


def display_name(name: str | os.PathLike, max_chars: int | None = None) -> str:
    r"""Give a name as text that is safe in a terminal, a table, JSON and a figure.

    Parameters
    ----------
    name : str or path
        Any file name or path, also one that is not UTF-8.
    max_chars : int, optional
        Longest text; the middle of a longer one becomes an ellipsis.

    Returns
    -------
    str
        The name with control, direction and undecodable characters as backslash escapes. In HTML it
        still needs ``html.escape``, in matplotlib ``parse_math=False``.

    Examples
    --------
    >>> print(display_name("two\nlines \x1b[31mred, caf\udce9 cost_$5.jpg"))
    two\nlines \x1b[31mred, caf\udce9 cost_$5.jpg
    >>> display_name("a-very-long-name.jpg", max_chars=11)
    'a-ver…e.jpg'
    """
    chars = (c if _is_plain(c) else c.encode("unicode_escape").decode() for c in os.fsdecode(name))
    text = "".join(chars)
    if max_chars is None or len(text) <= max_chars:
        return text
    tail = max(max_chars - 1, 0) // 2
    return text[: max(max_chars - 1 - tail, 0)] + "…" + text[len(text) - tail :]


def safe_component(text: str) -> str:
    """Make one path component that Linux, macOS and Windows all accept, and no shell trips over.

    Parameters
    ----------
    text : str
        Any text: a file name, a label such as ``../../x``.

    Returns
    -------
    str
        NFC text of 1 to 200 bytes without control characters, separators, a leading dash, a
        trailing dot or space; never ``.``, ``..`` or a name reserved on Windows. A safe text comes
        back unchanged. Different texts may give the same component: the caller keeps them apart.

    Examples
    --------
    >>> safe_component("../../etc/passwd"), safe_component("CON.jpg"), safe_component("-rf")
    ('.._.._etc_passwd', '_CON.jpg', '_rf')
    """
    safe = "".join(
        "_" if not _is_plain(c) or c in '<>:"/\\|?*' else c
        for c in unicodedata.normalize("NFC", text)
    )
    safe = safe.rstrip(". ") or "_"
    if safe.startswith("-"):
        safe = "_" + safe[1:]
    if safe.split(".")[0].rstrip(" ").lower() in RESERVED:
        safe = "_" + safe
    if len(safe.encode()) > MAX_BYTES:
        safe = _shorten(safe, text)
    return safe


def _shorten(safe: str, text: str) -> str:
    """Cut a long component but its extension; a hash of the whole text keeps cut names apart."""
    stem, extension = os.path.splitext(safe)
    if len(extension.encode()) > 16:
        stem, extension = safe, ""
    mark = "~" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    room = MAX_BYTES - len((mark + extension).encode())
    return stem.encode()[:room].decode(errors="ignore") + mark + extension


def csv_cell(text: str) -> str:
    """Give a text that a spreadsheet shows and does not compute.

    Parameters
    ----------
    text : str
        Any text; a name that starts like a formula gets an apostrophe in front.

    Returns
    -------
    str
        `display_name` of the text, with the apostrophe where needed. Not lossless: the manifest is.

    Examples
    --------
    >>> csv_cell("=1+1.jpg"), csv_cell("sum=2.jpg")
    ("'=1+1.jpg", 'sum=2.jpg')
    """
    shown = display_name(text)
    return "'" + shown if shown.lstrip().startswith(tuple(FORMULA)) else shown
