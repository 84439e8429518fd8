"""Format and size are read from the bytes; whatever the bytes, nothing but Skipped is raised."""

from __future__ import annotations

import io
import random
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from imagegroup.decode import _prepare
from imagegroup.formats import READERS, Header, sniff
from imagegroup.skips import NOT_READ, Skipped, SkipReason

WIDTH, HEIGHT = 70, 40


def encoded(kind, **options):
    """An image of 70 x 40 px, written by Pillow."""
    out = io.BytesIO()
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)).astype(np.uint8)
    image = Image.fromarray(np.dstack([ramp, 255 - ramp, ramp // 2]))
    image.convert(options.pop("mode", "RGB")).save(out, kind, **options)
    return out.getvalue()


def animated(kind):
    return encoded(
        kind,
        save_all=True,
        append_images=[Image.new("RGB", (WIDTH, HEIGHT), c) for c in ("red", "blue")],
    )


FILES = {
    "JPEG": encoded("JPEG"),
    "JPEG progressive": encoded("JPEG", progressive=True),
    "JPEG grey": encoded("JPEG", mode="L"),
    "PNG": encoded("PNG"),
    "PNG animated": animated("PNG"),
    "GIF": encoded("GIF"),
    "BMP": encoded("BMP"),
    "TIFF": encoded("TIFF"),
    "TIFF big": encoded("TIFF", big_tiff=True),
    "TIFF tiled": cv2.imencode(".tiff", np.zeros((HEIGHT, WIDTH, 3), np.uint8))[1].tobytes(),
    "WebP": encoded("WEBP"),
    "WebP lossless": encoded("WEBP", lossless=True),
    "WebP alpha": encoded("WEBP", mode="RGBA", exif=b"Exif\0\0MM\0*"),
    "animated WebP": animated("WEBP"),
    "JPEG 2000": encoded("JPEG2000"),
    "JPEG 2000 bare": encoded("JPEG2000", no_jp2=True),
    "PNM": encoded("PPM"),
    "PNM grey": encoded("PPM", mode="L"),
    "PNM bits": encoded("PPM", mode="1"),
}
if features.check("avif"):
    FILES["AVIF"] = encoded("AVIF")
    FILES["AVIF animated"] = animated("AVIF")


@pytest.mark.parametrize("name", FILES)
def test_format_and_size_are_those_pillow_wrote(name):
    header = sniff(FILES[name])
    assert name.startswith(header.format)
    assert (header.width, header.height) == (WIDTH, HEIGHT)
    assert header.pixels >= WIDTH * HEIGHT


@pytest.mark.parametrize("name", FILES)
def test_a_header_that_is_cut_short_is_skipped_or_whole(name):
    for length in range(min(len(FILES[name]), 600)):
        try:
            header = sniff(FILES[name][:length])
        except Skipped:
            continue
        assert (header.width, header.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(("magic", "reason", "name"), NOT_READ, ids=lambda x: repr(x)[:20])
def test_what_is_known_and_not_read_is_named(magic, reason, name):
    with pytest.raises(Skipped) as caught:
        sniff(magic + bytes(100))
    assert (caught.value.reason, caught.value.detail) == (reason, name)


@pytest.mark.parametrize(
    ("start", "value"),
    [
        (b"", "empty"),
        (b"hello", "not-an-image"),
        (bytes(4096), "not-an-image"),
        (b"BMW and other cars", "not-an-image"),
        (b"P1 is the first part", "not-an-image"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "not-an-image"),
        (b"RIFF\x10\0\0\0AVI LIST", "video"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isom", "video"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "raw"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(20), "raw"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><title>404</title>", "html"),
        (b"<HTML>", "html"),
        (b'<?xml version="1.0"?><!-- a drawing --><svg/>', "vector"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "vector"),
        (b'<?xml version="1.0"?><x:xmpmeta/>', "not-an-image"),
    ],
)
def test_what_is_no_image_says_what_it_is(start, value):
    with pytest.raises(Skipped) as caught:
        sniff(start)
    assert caught.value.reason is SkipReason(value)


def tiff(*tags, order="<"):
    """A TIFF of one directory, without pixels."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, len(tags))
    return start + b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags)


def test_a_tiff_counts_its_tiles_and_the_larger_of_two_sizes():
    size = [(256, 100), (257, 50)]
    assert sniff(tiff(*size, order=">")) == Header("TIFF", 100, 50, 5_000)
    assert sniff(tiff(*size, (322, 8192), (323, 8192))).pixels == 8192**2
    assert sniff(tiff(*size, (256, 90_000))).width == 90_000


@pytest.mark.parametrize("tags", [[(50706, 1)], [(254, 1), (330, 8)]])
def test_a_tiff_of_a_camera_is_raw(tags):
    with pytest.raises(Skipped, match="raw"):
        sniff(tiff((256, 160), (257, 120), *tags))
    assert sniff(tiff((254, 0), (256, 160), (257, 120), (330, 8))).width == 160  # a pyramid


def test_a_jpeg_in_several_scans_is_known():
    assert not sniff(FILES["JPEG"]).buffered
    assert not sniff(FILES["JPEG grey"]).buffered
    assert sniff(FILES["JPEG progressive"]).buffered
    at = FILES["JPEG"].index(b"\xff\xda")
    assert FILES["JPEG"][at + 4] == 3
    assert sniff(FILES["JPEG"][: at + 4] + b"\1").buffered  # a scan of one component of three


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_no_pixels_is_corrupt(size):
    with pytest.raises(Skipped, match="corrupt"):
        sniff(b"GIF89a" + struct.pack("<HH", *size))


def damaged(seed):
    """A real file with some bytes changed, cut, repeated or put in, often numbers that hurt."""
    rng = random.Random(seed)
    data = bytearray(rng.choice(list(FILES.values())))
    for _ in range(rng.randint(1, 8)):
        at = min(int(rng.expovariate(1 / 60)), len(data) - 1)
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            hurtful = rng.choice([0, 1, 2, 7, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1])
            data[at : at + 4] = struct.pack(rng.choice("<>") + "I", hurtful)
        elif kind == 2:
            del data[at : at + rng.randint(1, 30)]
        elif kind == 3:
            data[at:at] = data[at : at + rng.randint(1, 40)]
        else:
            del data[at + rng.randint(1, 200) :]
        if not data:
            break
    return bytes(data)


def check(data):
    """Sniff, and prepare for the decoder, as reading does."""
    try:
        header = sniff(data)
        prepared = _prepare(data, header, 100)
    except Skipped:
        return
    assert min(header.width, header.height, header.pixels) >= 1
    assert len(prepared) <= len(data)


MAGICS = [m for magic, _ in READERS for m in (magic if isinstance(magic, tuple) else (magic,))]
MAGICS += [b"RIFF\0\0\0\0WEBPVP8" + kind for kind in (b" ", b"L", b"X")] + [b"\0\0\0\x14ftypavif"]
after_magic = st.builds(bytes.__add__, st.sampled_from(MAGICS), st.binary(max_size=200))


@settings(max_examples=1_000)
@given(st.one_of(after_magic, st.binary()))
def test_any_bytes_raise_only_skipped(data):
    check(data)


@settings(max_examples=2_000)
@given(st.integers(0, 2**63))
def test_damaged_files_raise_only_skipped(seed):
    check(damaged(seed))


@pytest.mark.slow
@settings(max_examples=50_000, deadline=None)
@given(st.one_of(after_magic, st.binary()))
def test_any_of_many_bytes_raise_only_skipped(data):
    check(data)


@pytest.mark.slow
@settings(max_examples=50_000, deadline=None)
@given(st.integers(0, 2**63))
def test_many_damaged_files_raise_only_skipped(seed):
    check(damaged(seed))


def test_damage_gets_deep():
    """The damaged files are not all refused at the door, and not all accepted."""
    outcomes = set()
    for seed in range(2_000):
        try:
            outcomes.add(sniff(damaged(seed)).format)
        except Skipped as skip:
            outcomes.add((skip.reason, skip.detail[:10]))
    assert len(outcomes) > 20
    assert {"JPEG", "PNG", "TIFF", "WebP", "JPEG 2000"} <= outcomes


@pytest.mark.parametrize(
    "bomb",
    [
        b"\xff\xd8" + b"\xff\xe1\0\2" * 500_000,
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x08free" * 500_000,
        b"\0\0\0\x14ftypavif\0\0\0\0mif1" + b"\0\0\0\x08free" * 500_000,
        b"P6" + b" " * 3_000_000,
        b"P6" + b"#\n" * 2_000_000,
        b"II+\0\x08\0\0\0\x10" + bytes(7) + b"\xff" * 8 + bytes(3_000_000),
    ],
    ids=["jpeg", "jp2", "avif", "pnm", "pnm comments", "bigtiff"],
)
def test_a_long_walk_ends(bomb):
    with pytest.raises(Skipped):
        sniff(bomb)
