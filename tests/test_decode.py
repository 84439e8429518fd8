"""Bytes become pixels as an independent decoder gives them, upright, and bombs do not go off."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps, features

from imagegroup import decode as module
from imagegroup.decode import decode, reduction, shrink
from imagegroup.formats import Header, sniff
from imagegroup.skips import Skipped, SkipReason

OPENCV = tuple(map(int, cv2.__version__.split(".")[:2]))
needs_412 = pytest.mark.skipif(OPENCV < (4, 12), reason="this OpenCV decodes neither GIF nor AVIF")


def read(data, *arguments, **options):
    return decode(data, sniff(data), *arguments, **options)[:3]


def encoded(image, kind, **options):
    out = io.BytesIO()
    Image.fromarray(image).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    "kind",
    ["PNG", "BMP", "TIFF", "PPM", "JPEG2000", "WEBP", pytest.param("GIF", marks=needs_412)],
)
def test_lossless_formats_give_the_pixels_back(photo, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    image, width, height = read(encoded(photo, kind, **options))
    np.testing.assert_allclose(image.astype(int), photo, atol=1)  # WebP stores RGB
    assert (width, height) == (480, 360)


def test_colour_comes_as_rgb():
    rgb = np.zeros((40, 50, 3), np.uint8)
    rgb[..., 0] = 200
    assert read(encoded(rgb, "PNG"), colour=True)[0][0, 0].tolist() == [200, 0, 0]
    assert abs(read(encoded(rgb, "PNG"))[0][0, 0] - 0.299 * 200) < 1


ORIENTED = [
    pytest.param("JPEG", id="JPEG"),
    pytest.param("PNG", id="PNG"),
    pytest.param("TIFF", id="TIFF"),
    pytest.param("AVIF", id="AVIF", marks=[needs_412]),
    pytest.param(
        "WEBP",
        id="WebP",
        marks=pytest.mark.skipif(OPENCV < (4, 13), reason="this OpenCV leaves WebP lying"),
    ),
]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ORIENTED)
def test_orientation_is_applied_as_pillow_does(photo, kind, orientation):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo, kind, exif=exif, quality=95)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("L")
    image, width, height = read(data)
    assert (width, height) == expected.size
    assert np.abs(image - np.asarray(expected, int)).mean() < 1.5
    assert read(data, 100)[1:] == expected.size  # a part of a JPEG was decoded


@pytest.mark.parametrize("max_side", [0, 150])
def test_the_exif_orientation_set_comes_out_alike(shared, max_side):
    """Of the eight ways to lay a picture, as read is the one most like the first of its folder."""
    for folder in sorted(p for p in shared("exif_orientation").iterdir() if p.is_dir()):
        files = sorted(folder.glob("*.jpg"))
        first, *others = (read(file.read_bytes(), max_side)[0] for file in files)
        first = cv2.resize(first, (90, 90), interpolation=cv2.INTER_AREA).astype(float)
        for image in others:
            image = cv2.resize(image, (90, 90), interpolation=cv2.INTER_AREA)
            ways = [np.rot90(side, turns) for side in (image, image.T) for turns in range(4)]
            likeness = [np.corrcoef(way.ravel(), first.ravel())[0, 1] for way in ways]
            assert np.argmax(likeness) == 0
            assert likeness[0] > 0.95


@pytest.mark.parametrize(
    ("max_side", "factor"), [(0, 1), (3000, 1), (1500, 2), (751, 2), (640, 4), (9, 8)]
)
def test_a_jpeg_is_decoded_no_smaller_than_needed(max_side, factor):
    assert reduction(Header("JPEG", 3000, 2000, 6_000_000), max_side) == factor
    assert reduction(Header("PNG", 3000, 2000, 6_000_000), max_side) == 1


@pytest.mark.parametrize("size", [(1200, 1600), (1201, 1600), (1600, 1201), (1600, 9)])
@pytest.mark.parametrize("max_side", [150, 200, 399, 800])
def test_reduced_decode_is_near_the_full_one(photo, size, max_side):
    data = encoded(cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC), "JPEG", quality=95)
    full, *full_size = read(data)
    small, *small_size = read(data, max_side)
    expected = shrink(full, max_side)
    assert small.shape == expected.shape
    assert max(small.shape) == max_side
    assert small_size == full_size == list(size)
    if size == (1200, 1600) and max_side in (200, 800):  # both are the mean over whole blocks
        assert np.abs(small.astype(int) - expected).mean() < 0.5
    elif min(size) > 9:  # else the last block is not full, which shifts the rest by a part of a px
        assert np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.98


def test_shrinking_never_enlarges_nor_loses_a_side(photo):
    assert shrink(photo, 480) is photo
    assert shrink(photo, 0) is photo
    assert shrink(np.zeros((1, 60_000), np.uint8), 100).shape == (1, 100)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_an_animated_png_gives_its_first_picture(photo):
    data = encoded(photo, "PNG", save_all=True, append_images=[Image.fromarray(255 - photo)])
    assert b"acTL" in data
    np.testing.assert_array_equal(read(data)[0], photo)


def test_texts_and_profiles_of_a_png_are_left_out(photo):
    plain = encoded(photo, "PNG")
    packed = zlib.compress(bytes(2**20))
    more = [chunk(kind, b"x\0\0" + packed) for kind in (b"zTXt", b"iCCP", b"iTXt", b"tEXt")]
    data = plain[:33] + b"".join(more) + plain[33:]
    assert module._still_png(data) == plain
    np.testing.assert_array_equal(read(data)[0], photo)


def test_a_png_chunk_longer_than_the_file_is_refused(photo):
    plain = encoded(photo, "PNG")
    with pytest.raises(Skipped, match="corrupt"):
        read(plain[:33] + struct.pack(">I", 2**31 - 1) + b"tEXt" + bytes(100))
    with pytest.raises(Skipped, match="corrupt"):
        read(plain[:-12] + chunk(b"acTL", b"") * 200_000 + plain[-12:])


def scans(data, times):
    """A progressive JPEG whose last scan comes several times."""
    last, end = data.rindex(b"\xff\xda"), len(data) - 2
    return data[:end] + data[last:end] * (times - 1) + data[end:]


def test_a_jpeg_with_many_scans_is_refused(photo):
    data = encoded(photo, "JPEG", progressive=True)
    own = data.count(b"\xff\xda")
    assert read(scans(data, 80))[1] == 480
    for hidden in (b"", b"\xff\xfe\0\6\xff\xd9ab"):  # a comment that looks like the end
        start = data.index(b"\xff\xda")
        with pytest.raises(Skipped, match="more than 100 scans") as caught:
            read(scans(data[:start] + hidden + data[start:], 102 - own + 1))
        assert caught.value.reason is SkipReason.TOO_LARGE
    with pytest.raises(Skipped):
        read(data, scans=own - 1)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_cut_short_is_refused_by_every_opencv(photo, progressive):
    data = encoded(photo, "JPEG", progressive=progressive)
    for length in [*range(300, len(data), 997), len(data) - 2, len(data) - 1]:
        for tail in (b"", bytes(5_000)):  # what a download leaves that made room first
            with pytest.raises(Skipped):
                read(data[:length] + tail)
    assert read(data + b"more")[1] == 480


def test_a_jpeg_2000_with_any_damaged_header_byte_is_read_or_skipped(photo):
    data, outcomes = encoded(photo[:64, :64], "JPEG2000"), []
    for at in range(12, 250):
        damaged = bytearray(data)
        damaged[at] ^= 0x55
        try:
            header = sniff(bytes(damaged))
            if header.pixels < 10**6:
                outcomes.append(decode(bytes(damaged), header)[0].ndim)
        except Skipped as skip:
            outcomes.append(skip.reason)
    assert 2 in outcomes  # harmless damage is read
    assert SkipReason.CORRUPT in outcomes


def test_a_format_this_opencv_does_not_know_names_the_one_that_does(monkeypatch):
    monkeypatch.setattr(module, "OPENCV", (4, 10))
    with pytest.raises(Skipped, match=r"GIF needs OpenCV 4\.12 or newer") as caught:
        decode(b"", Header("GIF", 1, 1, 1))
    assert caught.value.reason is SkipReason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    ("error", "reason"),
    [(MemoryError(), SkipReason.MEMORY), (cv2.error("boom"), SkipReason.UNDECODABLE)],
)
def test_what_the_decoder_raises_becomes_a_reason(monkeypatch, photo, error, reason):
    data = encoded(photo, "PNG")

    def fail(*_):
        raise error

    error.code = cv2.Error.StsError
    monkeypatch.setattr(cv2, "imdecode", fail)
    with pytest.raises(Skipped) as caught:
        read(data)
    assert caught.value.reason is reason


def test_a_float_tiff_is_skipped_and_not_clipped():
    out = io.BytesIO()
    Image.fromarray(np.linspace(0, 1, 3200, dtype=np.float32).reshape(40, 80)).save(out, "TIFF")
    with pytest.raises(Skipped, match="undecodable"):
        read(out.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_swatch_is_every_nth_pixel_before_scaling(kind):
    rgb = np.random.default_rng(0).integers(0, 256, (400, 700, 3), np.uint8)
    rgb = cv2.GaussianBlur(rgb, (9, 9), 3)
    data = encoded(rgb, kind)
    whole = read(data, colour=True)[0]
    image, width, height, swatch = decode(data, sniff(data), 100, swatch=True)
    assert (width, height) == (700, 400)
    assert image.shape == (57, 100)
    if kind == "PNG":
        np.testing.assert_array_equal(swatch, whole[::4, ::4])  # 700 // 160 = 4
        grey = shrink(cv2.cvtColor(whole, cv2.COLOR_RGB2GRAY), 100)
        np.testing.assert_array_equal(image, grey)
    else:  # decoded at a quarter, 175 x 100, of which each pixel counts
        reduced = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
        np.testing.assert_array_equal(swatch, reduced[..., ::-1])
    assert read(data, 100)[0].shape == image.shape
    assert decode(data, sniff(data), 100)[3] is None


def test_swatches_of_grey_pictures_and_of_large_ones_are_grey(photo, monkeypatch):
    grey = decode(data := encoded(photo, "PNG"), sniff(data), 100, swatch=True)[3]
    np.testing.assert_array_equal(grey, np.stack([photo[::3, ::3]] * 3, axis=2))
    monkeypatch.setattr("imagegroup.decode.COLOUR_PIXELS", 1_000)
    large = encoded(np.stack([photo, photo // 2, photo // 4], axis=2), "PNG")
    image, _, _, swatch = decode(large, sniff(large), 100, swatch=True)
    assert image.ndim == 2
    assert (swatch[..., 0] == swatch[..., 1]).all()
    assert (swatch[..., 0] == swatch[..., 2]).all()
