"""From the bytes of an image to its pixels, upright: what OpenCV is given, and asked.

The libraries under OpenCV complain of damaged files on stderr, from C. As they get bytes, no file
name is in it, so it is left alone: to silence it would silence stderr for the whole process.
"""

from __future__ import annotations

import cv2
import numpy as np

from imagegroup import process
from imagegroup.formats import EOI, SOS, Header, jpeg_markers
from imagegroup.skips import Skipped, SkipReason

OPENCV = tuple(int(part) for part in cv2.__version__.split(".")[:2])
NEEDS = {"GIF": (4, 12), "AVIF": (4, 12), "animated WebP": (4, 11)}
"""First OpenCV whose wheel decodes a format; the others were always there."""

MOST_CHUNKS = 100_000
"""PNG chunks that are walked; 256 MiB in the usual pieces of 8 kB make a third of that."""

COLOUR_PIXELS = 24 * 2**20
"""Pixels that are decoded in colour, at most: three bytes for each instead of one."""

SWATCH_SIDE = 160
"""Pixels across a swatch, at least, if the picture has them; more would tell no more of colours."""

FLAGS = {
    (False, 1): cv2.IMREAD_GRAYSCALE,
    (False, 2): cv2.IMREAD_REDUCED_GRAYSCALE_2,
    (False, 4): cv2.IMREAD_REDUCED_GRAYSCALE_4,
    (False, 8): cv2.IMREAD_REDUCED_GRAYSCALE_8,
    (True, 1): cv2.IMREAD_COLOR,
    (True, 2): cv2.IMREAD_REDUCED_COLOR_2,
    (True, 4): cv2.IMREAD_REDUCED_COLOR_4,
    (True, 8): cv2.IMREAD_REDUCED_COLOR_8,
}


def reduction(header: Header, max_side: int) -> int:
    """Give the largest of 1, 2, 4, 8 that leaves a JPEG decoded at this part large enough.

    Examples
    --------
    >>> reduction(Header("JPEG", 4000, 3000, 12_000_000), max_side=640)
    4
    """
    if header.format != "JPEG" or max_side <= 0:
        return 1
    longest = max(header.width, header.height)
    return max(factor for factor in (1, 2, 4, 8) if factor == 1 or longest >= factor * max_side)


def shrink(image: np.ndarray, max_side: int) -> np.ndarray:
    """Scale an image down to a long side of `max_side` px; 0 leaves it as it is, none grows.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8
        Any image.
    max_side : int
        Long side wanted, in px.

    Returns
    -------
    ndarray
        The mean over the pixels that fall together (``INTER_AREA``); sides are at least 1 px.

    Examples
    --------
    >>> shrink(np.zeros((300, 400), np.uint8), max_side=200).shape
    (150, 200)
    """
    return _resize(image, *_scaled_size(image.shape[1], image.shape[0], max_side))


def _scaled_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Give width and height scaled down to a long side of `max_side`."""
    if not 0 < max_side < max(width, height):
        return width, height
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    if image.shape[:2] == (height, width):
        return image
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def decode(
    data: bytes,
    header: Header,
    max_side: int = 0,
    *,
    colour: bool = False,
    swatch: bool = False,
    scans: int = 100,
) -> tuple[np.ndarray, int, int, np.ndarray | None]:
    """Decode an image, upright and scaled down.

    Parameters
    ----------
    data : bytes
        The whole file.
    header : Header
        What `sniff` said of it.
    max_side : int
        Long side of the result in px; 0, and images that are smaller, keep their size.
    colour : bool
        RGB instead of grey; where more than 24 million pixels must be decoded for it, the grey
        values in all three channels, for the sake of memory.
    swatch : bool
        Take a swatch as well; the image is made grey before it is scaled down, which is faster.
    scans : int
        Scans that a JPEG may have. Each costs time, and a few bytes can ask for thousands.

    Returns
    -------
    (H, W) or (H, W, 3) uint8
        The image.
    int, int
        Width and height of the upright image at full size, in px.
    (h, w, 3) uint8 or None
        The swatch: every n-th row and column in RGB, 160 to 319 px long unless the image is small.

    Raises
    ------
    Skipped
        This OpenCV does not know the format, or cannot decode these bytes.
    """
    if NEEDS.get(header.format, OPENCV) > OPENCV:
        needed = ".".join(map(str, NEEDS[header.format]))
        raise Skipped(
            SkipReason.UNSUPPORTED_FORMAT,
            f"{header.format} needs OpenCV {needed} or newer, this is {cv2.__version__}",
        )
    factor = reduction(header, max_side)
    in_colour = (colour or swatch) and header.pixels // factor**2 <= COLOUR_PIXELS
    image = _orient(_imdecode(_prepare(data, header, scans), in_colour, factor), header)
    width, height = _full_size(image, header, factor)
    step = max(1, max(image.shape[:2]) // SWATCH_SIDE)
    sample = _to_rgb(np.ascontiguousarray(image[::step, ::step])) if swatch else None
    if image.ndim == 3 and not colour:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    image = _resize(image, *_scaled_size(width, height, max_side))
    return _to_rgb(image) if colour else image, width, height, sample


def _to_rgb(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB if image.ndim == 3 else cv2.COLOR_GRAY2RGB)


def _imdecode(data: bytes, colour: bool, factor: int) -> np.ndarray:
    """Decode; in grey what OpenCV gives in grey only, such as a JPEG 2000 of one channel."""
    try:
        return _try_imdecode(data, FLAGS[colour, factor])
    except Skipped:
        if not colour:
            raise
        return _try_imdecode(data, FLAGS[False, factor])


def _try_imdecode(data: bytes, flag: int) -> np.ndarray:
    """Decode, or say that it cannot be done; `cv2.imdecode` gives None or raises as it likes."""
    try:
        with process.quiet_opencv():  # no chatter about each odd file
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error as error:
        out_of_memory = error.code == cv2.Error.StsNoMem
        raise Skipped(SkipReason.MEMORY if out_of_memory else SkipReason.UNDECODABLE) from None
    except MemoryError:
        raise Skipped(SkipReason.MEMORY) from None
    if image is None or image.dtype != np.uint8:
        raise Skipped(SkipReason.UNDECODABLE)
    return image


def _full_size(image: np.ndarray, header: Header, factor: int) -> tuple[int, int]:
    """Give the full width and height; what was decoded tells whether the photo lay on its side."""
    height, width = image.shape[:2]
    if factor == 1:
        return width, height
    upright = (width, height) == (-(-header.width // factor), -(-header.height // factor))
    return (header.width, header.height) if upright else (header.height, header.width)


def _orient(image: np.ndarray, header: Header) -> np.ndarray:
    """Turn what OpenCV leaves lying: AVIF. The others it turns itself, WebP from 4.13 on."""
    if header.turns == 0 and header.flip is None:
        return image
    image = np.rot90(image, header.turns)
    return np.ascontiguousarray(image if header.flip is None else np.flip(image, header.flip))


def _prepare(data: bytes, header: Header, scans: int) -> bytes:
    """Leave out what OpenCV need not see, and refuse what it would choke on."""
    if header.format == "JPEG":
        return _whole_jpeg(data, scans)
    if header.format == "PNG":
        return _still_png(data)
    if header.format == "JPEG 2000" and OPENCV < (4, 12):
        return data[header.start :]  # older ones crash on a damaged header inside the JP2 box
    return data


def _whole_jpeg(data: bytes, scans: int) -> bytes:
    """Check that a JPEG has few scans and its end (OpenCV 4.10 would make up what is missing)."""
    marker = seen = 0
    for marker, _ in jpeg_markers(data):
        seen += marker == SOS
        if seen > scans:
            raise Skipped(SkipReason.TOO_LARGE, f"more than {scans} scans")
    if marker != EOI:
        raise Skipped(SkipReason.CORRUPT, "a JPEG without its end")
    return data


def _still_png(data: bytes) -> bytes:
    """Keep of a PNG the chunks that make its first picture and its orientation.

    With the animation chunks `cv2.imdecode` gives other pixels than `cv2.imread`; texts and
    profiles can unpack to gigabytes; a length beyond the end makes libpng ask for as much memory.
    """
    parts, at, kind = [data[:8]], 8, b""
    for _ in range(MOST_CHUNKS):
        if kind == b"IEND" or at + 12 > len(data):
            break
        stop = at + 12 + int.from_bytes(data[at : at + 4])
        if stop > len(data):
            break
        kind = data[at + 4 : at + 8]
        if kind[:1].isupper() or kind in (b"tRNS", b"eXIf"):  # upper case: needed for the picture
            parts.append(data[at:stop])
        at = stop
    if kind != b"IEND":
        raise Skipped(SkipReason.CORRUPT, "a PNG without its end")
    return b"".join(parts)
