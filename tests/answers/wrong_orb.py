"""Wrong answers to the centroid angle and to BRIEF's bits."""

import math

import numpy as np
from answers.marks import wrong


def sums(patch, disc):
    y, x = np.mgrid[-15:16, -15:16]
    mass = np.where(disc, patch, 0).astype(float)
    return (x * mass).sum(), (y * mass).sum()


@wrong("centroid_angle", "M6")
def y_upwards(patch, disc):
    x, y = sums(patch, disc)
    return math.degrees(math.atan2(-y, x))


@wrong("centroid_angle", "M6")
def radians(patch, disc):
    x, y = sums(patch, disc)
    return math.atan2(y, x)


@wrong("centroid_angle", "M6")
def arguments_swapped(patch, disc):
    x, y = sums(patch, disc)
    return math.degrees(math.atan2(x, y))


@wrong("centroid_angle", "M6")
def from_the_corner(patch, disc):
    rows, columns = np.mgrid[:31, :31]
    mass = np.where(disc, patch, 0).astype(float)
    return math.degrees(math.atan2((rows * mass).sum(), (columns * mass).sum()))


@wrong("centroid_angle", "M6")
def always_upright(patch, disc):
    return 0.0


@wrong("centroid_angle", "M6")
def whole_square(patch, disc):
    x, y = sums(patch, np.ones_like(disc))
    return math.degrees(math.atan2(y, x))


@wrong("centroid_angle", "M6")
def brightest_pixel(patch, disc):
    y, x = np.unravel_index(np.where(disc, patch, 0).argmax(), patch.shape)
    return math.degrees(math.atan2(y - 15, x - 15))


@wrong("centroid_angle", "M6")
def steepest_gradient(patch, disc):
    down, right = np.gradient(patch.astype(float))
    return math.degrees(math.atan2(down[disc].sum(), right[disc].sum()))


@wrong("centroid_angle", "M7")
def quotient_only(patch, disc):
    x, y = sums(patch, disc)
    return math.degrees(math.atan(y / x)) if x else 90.0


@wrong("centroid_angle", "M7")
def absolute_sums(patch, disc):
    x, y = sums(patch, disc)
    return math.degrees(math.atan2(abs(y), abs(x)))


@wrong("centroid_angle", "M7")
def half_turns_only(patch, disc):
    x, y = sums(patch, disc)
    return math.degrees(math.atan2(y, x)) % 180


@wrong("centroid_angle", "M6")
def bright_or_not(patch, disc):
    x, y = sums((patch > 60) * 1, disc)
    return math.degrees(math.atan2(y, x))


@wrong("centroid_angle", "M6")
def cut_off_at_110(patch, disc):
    x, y = sums(np.minimum(patch, 110), disc)
    return math.degrees(math.atan2(y, x))


def grey(patch, pairs):
    values = patch[pairs[..., 1] + 15, pairs[..., 0] + 15].astype(int)
    return values[:, 0], values[:, 1]


@wrong("brief_bits", "M7")
def first_lighter(patch, pairs):
    first, second = grey(patch, pairs)
    return first > second


@wrong("brief_bits", "M7")
def difference_wraps(patch, pairs):
    values = patch[pairs[..., 1] + 15, pairs[..., 0] + 15]
    return (values[:, 0] - values[:, 1] < 0).astype(int)


@wrong("brief_bits", "M7")
def x_and_y_swapped(patch, pairs):
    first, second = grey(patch.T, pairs)
    return first < second


@wrong("brief_bits", "M7")
def y_flipped(patch, pairs):
    first, second = grey(patch[::-1], pairs)
    return first < second


@wrong("brief_bits", "M7")
def not_centred(patch, pairs):
    first, second = patch[pairs[:, 0, 1], pairs[:, 0, 0]], patch[pairs[:, 1, 1], pairs[:, 1, 0]]
    return first < second


@wrong("brief_bits", "M5")
def packed_into_bytes(patch, pairs):
    first, second = grey(patch, pairs)
    return np.packbits(first < second, bitorder="little")


@wrong("brief_bits", "M5")
def big_endian(patch, pairs):
    first, second = grey(patch, pairs)
    return np.unpackbits(np.packbits(first < second, bitorder="little"))


@wrong("brief_bits", "M5")
def last_first(patch, pairs):
    first, second = grey(patch, pairs)
    return (first < second)[::-1]


@wrong("brief_bits", "M5")
def equal_counts(patch, pairs):
    first, second = grey(patch, pairs)
    return first <= second


@wrong("brief_bits", "M5")
def differences_not_bits(patch, pairs):
    first, second = grey(patch, pairs)
    return second - first


@wrong("brief_bits", "M5")
def plus_and_minus_one(patch, pairs):
    first, second = grey(patch, pairs)
    return np.where(first < second, 1, -1)


@wrong("brief_bits", "M7")
def darker_and_dark(patch, pairs):
    first, second = grey(patch, pairs)
    return (first < second) & (first < 200)
