"""What the bytes of a file say: its format and size, and what of it a decoder should get.

Nothing here decodes a pixel. The extension plays no part, and every length is checked before use.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from imagegroup.skips import NOT_READ, Skipped, SkipReason

MOST_PARTS = 100_000
"""Segments or boxes that are walked; real files have less than a hundred."""

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True)
class Header:
    """What the first bytes of an image say.

    Parameters
    ----------
    format : str
        JPEG, PNG, GIF, BMP, TIFF, WebP, animated WebP, JPEG 2000, AVIF or PNM.
    width, height : int
        Stored size in px, before any orientation is applied.
    pixels : int
        What a decoder fills: width x height, more where a TIFF has tiles.
    start : int
        Where a JPEG 2000 image starts within its file, in bytes.
    buffered : bool
        True for a JPEG in several scans: a decoder keeps it whole at full size, whatever is asked.
    turns : int
        Quarter turns anticlockwise that AVIF asks for; OpenCV does the orientation of the others.
    flip : int or None
        The mirroring that AVIF asks for after that: 0 exchanges top and bottom, 1 left and right.
    """

    format: str
    width: int
    height: int
    pixels: int
    start: int = 0
    buffered: bool = False
    turns: int = 0
    flip: int | None = None


def sniff(data: bytes) -> Header:
    r"""Read format and size from the first bytes of a file.

    Parameters
    ----------
    data : bytes
        The file, or its beginning.

    Returns
    -------
    Header
        Of an image that OpenCV may decode.

    Raises
    ------
    Skipped
        Not such an image; nothing else is raised, whatever the bytes.

    Examples
    --------
    >>> header = sniff(b"GIF89a" + bytes([10, 0, 5, 0]))
    >>> header.format, header.width, header.height
    ('GIF', 10, 5)
    """
    if not data:
        raise Skipped(SkipReason.EMPTY)
    reader = next((reader for magic, reader in READERS if data.startswith(magic)), _other)
    try:
        header = reader(data)
    except (struct.error, IndexError):
        raise Skipped(SkipReason.CORRUPT, "ends within its header") from None
    if min(header.width, header.height) < 1:
        raise Skipped(SkipReason.CORRUPT, f"{header.width} x {header.height} px")
    return header


def _header(kind: str, width: int, height: int, **more: object) -> Header:
    """Give a header whose decoder fills just the image."""
    return Header(kind, width, height, **({"pixels": width * height} | more))


# A marker that means something: not a stuffed byte (00), filler (FF), restart (D0-D7) or TEM (01).
MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA


def jpeg_markers(data: bytes) -> Iterator[tuple[int, int]]:
    """Walk the markers of a JPEG up to its end marker: each, and where its body starts."""
    at = 2
    for _ in range(MOST_PARTS):
        found = MARKER.search(data, at)
        if not found:
            return
        marker, at = found[1][0], found.end()
        yield marker, at
        if marker == EOI:
            return
        if marker != SOI:
            at += int.from_bytes(data[at : at + 2])
    raise Skipped(SkipReason.CORRUPT, f"more than {MOST_PARTS} segments")


def _jpeg(data: bytes) -> Header:
    """Find the frame and the first scan; a scan without all components means more will follow."""
    frame, sequential = None, False
    for marker, at in jpeg_markers(data):
        if marker in SOF and frame is None:
            frame = struct.unpack_from(">HHB", data, at + 3)
            sequential = marker in (0xC0, 0xC1)
        if marker == SOS and frame:
            height, width, parts = frame
            return _header("JPEG", width, height, buffered=not sequential or data[at + 2] < parts)
    raise Skipped(SkipReason.CORRUPT, "a JPEG without image data")


def _png(data: bytes) -> Header:
    """Read IHDR, which must come first."""
    if data[12:16] != b"IHDR":
        raise Skipped(SkipReason.CORRUPT, "a PNG without a header")
    return _header("PNG", *struct.unpack_from(">II", data, 16))


def _bmp(data: bytes) -> Header:
    """Read the size; a negative height means rows from top to bottom."""
    size = struct.unpack_from("<I", data, 14)[0] if len(data) > 18 else 0
    if not 12 <= size <= 256:  # any text may start with "BM"
        raise Skipped(SkipReason.NOT_AN_IMAGE)
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    return _header("BMP", width, abs(height))


def _pnm(data: bytes) -> Header:
    """Read the two numbers after P1 to P6; comments may stand between."""
    found = re.match(rb"P[1-6](?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s", data[:4096])
    if not found:  # any text may start with "P1"
        raise Skipped(SkipReason.NOT_AN_IMAGE)
    return _header("PNM", int(found[1]), int(found[2]))


INTEGERS = {1: "B", 3: "H", 4: "I", 6: "B", 8: "H", 9: "I", 16: "Q", 17: "Q"}
WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT = 256, 257, 322, 323
SUBFILE_TYPE, SUB_IFDS, DNG_VERSION = 254, 330, 50706
SIZES = frozenset([WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT])
TAGS = SIZES | {SUBFILE_TYPE, SUB_IFDS, DNG_VERSION}


def _tiff(data: bytes) -> Header:
    """Read the first directory. A camera raw file is a TIFF too, with a thumbnail in that place."""
    tags = _tiff_tags(data)
    thumbnail = tags.get(SUBFILE_TYPE, 0) & 1 and SUB_IFDS in tags
    if data[8:10] == b"CR" or DNG_VERSION in tags or thumbnail:
        raise Skipped(SkipReason.RAW, "a TIFF with raw data")
    width, height = tags.get(WIDTH, 0), tags.get(HEIGHT, 0)
    across, down = max(tags.get(TILE_WIDTH, 1), 1), max(tags.get(TILE_HEIGHT, 1), 1)
    pixels = -(-width // across) * across * (-(-height // down) * down)
    return _header("TIFF", width, height, pixels=pixels)


def _tiff_tags(data: bytes) -> dict[int, int]:
    """Give the first value of each tag; the largest where a tag comes twice."""
    order, big = "<" if data[:2] == b"II" else ">", data[2:4] in (b"+\0", b"\0+")
    start = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    if start > len(data):
        raise Skipped(SkipReason.CORRUPT, "a TIFF without a directory")
    count = struct.unpack_from(order + ("Q" if big else "H"), data, start)[0]
    step, value_at = (20, 12) if big else (12, 8)
    start += 8 if big else 2
    tags = {}
    for at in range(start, start + step * min(count, 65_535), step):
        tag, kind = struct.unpack_from(order + "HH", data, at)
        if tag not in TAGS:
            continue
        if tag in SIZES and (kind not in INTEGERS or (INTEGERS[kind] == "Q" and not big)):
            raise Skipped(SkipReason.CORRUPT, "a TIFF whose size is no number")
        value = struct.unpack_from(order + INTEGERS.get(kind, "B"), data, at + value_at)[0]
        tags[tag] = max(tags.get(tag, 0), value)
    return tags


def _riff(data: bytes) -> Header:
    """Read WebP, in its three kinds of first chunk; AVI is a RIFF file too."""
    if data[8:12] == b"AVI ":
        raise Skipped(SkipReason.VIDEO, "AVI")
    if data[8:12] != b"WEBP":
        raise Skipped(SkipReason.NOT_AN_IMAGE)
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return _header("WebP", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return _header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        flags, low, high, low2, high2 = struct.unpack_from("<B3xHBHB", data, 20)
        name = "animated WebP" if flags & 2 else "WebP"
        return _header(name, (high << 16 | low) + 1, (high2 << 16 | low2) + 1)
    raise Skipped(SkipReason.CORRUPT, "a WebP without an image")


def boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk the boxes of an ISO file (JPEG 2000, AVIF): type, start and end of each body."""
    for _ in range(MOST_PARTS):
        if at + 8 > end:
            return
        size, kind, body = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16]), at + 16
        stop = end if size == 0 else min(at + size, end)
        if stop < body:
            raise Skipped(SkipReason.CORRUPT, "a box of impossible length")
        yield kind, body, stop
        at = stop
    raise Skipped(SkipReason.CORRUPT, f"more than {MOST_PARTS} boxes")


def _jpeg2000(data: bytes) -> Header:
    """Read SIZ, which must come first in the codestream; the box around it may lie."""
    at = 0
    for kind, at, stop in boxes(data, 0, len(data)) if data.startswith(b"\0") else ():
        if kind == b"jp2h":
            list(boxes(data, at, stop))  # refuses impossible lengths
        elif kind == b"jp2c":
            break
    if data[at : at + 4] != b"\xff\x4f\xff\x51":
        raise Skipped(SkipReason.CORRUPT, "a JPEG 2000 without a size")
    right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
    return _header("JPEG 2000", right - left, bottom - top, pixels=right * bottom, start=at)


def _avif(data: bytes) -> Header:
    """Read the image properties: sizes (the largest counts), rotation, mirroring."""
    start, end = 0, len(data)
    for name, version in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        inside = [(at, stop) for kind, at, stop in boxes(data, start, end) if kind == name]
        if not inside:
            raise Skipped(SkipReason.CORRUPT, "an AVIF without properties")
        start, end = inside[0][0] + version, inside[0][1]
    sizes, turns, flip = [(0, 0)], 0, None
    for kind, at, _ in boxes(data, start, end):
        if kind == b"ispe":
            sizes.append(struct.unpack_from(">II", data, at + 4))
        elif kind == b"irot":
            turns = data[at] & 3
        elif kind == b"imir":
            flip = data[at] & 1
    width, height = max(sizes, key=math.prod)
    return _header("AVIF", width, height, turns=turns, flip=flip)


def _other(data: bytes) -> Header:
    """Name what has no fixed start: ISO files, HTML and SVG."""
    if data[4:8] == b"ftyp":
        brand, brands = data[8:12], data[8 : max(16, min(int.from_bytes(data[:4]), 256))]
        if brand in (b"avif", b"avis") or (brand in (b"mif1", b"msf1") and b"avif" in brands):
            return _avif(data)
        if brand in HEIC_BRANDS:
            raise Skipped(SkipReason.HEIC)
        if brand == b"crx ":
            raise Skipped(SkipReason.RAW, "Canon CR3")
        raise Skipped(SkipReason.VIDEO, "MP4 or QuickTime")
    for magic, reason, name in NOT_READ:
        if data.startswith(magic):
            raise Skipped(reason, name)
    text = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        raise Skipped(SkipReason.HTML)
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!")) and b"<svg" in text):
        raise Skipped(SkipReason.VECTOR, "SVG")
    raise Skipped(SkipReason.NOT_AN_IMAGE)


READERS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[bytes], Header]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    ((b"GIF87a", b"GIF89a"), lambda data: _header("GIF", *struct.unpack_from("<HH", data, 6))),
    (b"BM", _bmp),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _tiff),
    (b"RIFF", _riff),
    ((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"), _jpeg2000),
    ((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"), _pnm),
)
"""What starts an image that OpenCV decodes, and who reads its size."""
