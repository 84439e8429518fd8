"""Wrong answers to the centroid angle, BRIEF's bits, the Hamming distance and matching."""

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


@wrong("hamming", "M5")
def euclid_on_bytes(a, b):
    return float(np.linalg.norm(a.astype(int) - b.astype(int)))


@wrong("hamming", "M5")
def sum_of_byte_differences(a, b):
    return int(np.abs(a.astype(int) - b.astype(int)).sum())


@wrong("hamming", "M5")
def bytes_that_differ(a, b):
    return int((a != b).sum())


@wrong("hamming", "M5")
def counts_in_a_byte(a, b):
    return np.unpackbits(a ^ b).sum(dtype=np.uint8)


@wrong("hamming", "M5")
def sum_of_the_exclusive_or(a, b):
    return int((a ^ b).sum())


@wrong("hamming", "M5")
def bits_of_the_difference(a, b):
    return int(np.bitwise_count(a - b).sum())


@wrong("hamming", "M9")
def share_of_bits(a, b):
    return np.unpackbits(a ^ b).mean()


@wrong("hamming", "M9")
def per_cent_alike(a, b):
    return 100 * (1 - np.unpackbits(a ^ b).mean())


@wrong("hamming", "M9")
def bits_that_agree(a, b):
    return 256 - int(np.unpackbits(a ^ b).sum())


@wrong("hamming", "M9")
def seven_bits(a, b):
    return int(np.bitwise_count((a ^ b) & 0b11111110).sum())


@wrong("hamming", "M5")
def last_byte_left_out(a, b):
    return int(np.bitwise_count(a[:31] ^ b[:31]).sum())


@wrong("match_ratio", "M9")
def nearest_whatever(distances, ratio):
    return [(row, int(line.argmin())) for row, line in enumerate(distances)]


@wrong("match_ratio", "M9")
def below_a_fixed_number(distances, ratio):
    return [(row, int(line.argmin())) for row, line in enumerate(distances) if line.min() < 64]


@wrong("match_ratio", "M9")
def ratio_on_the_wrong_side(distances, ratio):
    pairs = []
    for row, line in enumerate(distances):
        nearest, second = np.sort(line)[:2] if len(line) > 1 else (0, 0)
        if ratio * nearest < second:
            pairs.append((row, int(line.argmin())))
    return pairs


@wrong("match_ratio", "M9")
def keeps_the_doubtful(distances, ratio):
    pairs = []
    for row, line in enumerate(distances):
        nearest, second = np.sort(line)[:2] if len(line) > 1 else (1, 1)
        if nearest > ratio * second:
            pairs.append((row, int(line.argmin())))
    return pairs


@wrong("match_ratio", "M9")
def equal_passes(distances, ratio):
    pairs = []
    for row, line in enumerate(distances):
        if len(line) > 1:
            nearest, second = np.sort(line)[:2]
            if nearest <= ratio * second:
                pairs.append((row, int(line.argmin())))
    return pairs


@wrong("match_ratio", "M9")
def farthest(distances, ratio):
    return [(row, int(line.argmax())) for row, line in enumerate(distances)]


@wrong("match_ratio", "M9")
def ratio_to_the_mean(distances, ratio):
    return [
        (row, int(line.argmin()))
        for row, line in enumerate(distances)
        if len(line) > 1 and line.min() < ratio * line.mean()
    ]


@wrong("match_ratio", "M9")
def a_single_column_passes(distances, ratio):
    pairs = []
    for row, line in enumerate(distances):
        ranked = [*np.sort(line), np.inf]
        if ranked[0] < ratio * ranked[1]:
            pairs.append((row, int(line.argmin())))
    return pairs


def clear_rows(distances, ratio):
    if distances.shape[1] < 2:
        return []
    nearest, second = np.sort(distances, axis=1)[:, :2].T
    return [
        (int(row), int(distances[row].argmin())) for row in np.flatnonzero(nearest < ratio * second)
    ]


@wrong("match_ratio", "M10")
def i_with_i(distances, ratio):
    return [(i, i) for i in range(min(distances.shape)) if distances.shape[1] > 1]


@wrong("match_ratio", "M10")
def column_then_row(distances, ratio):
    return [(column, row) for row, column in clear_rows(distances, ratio)]


@wrong("match_ratio", "M10")
def counted_from_one(distances, ratio):
    return [(row + 1, column + 1) for row, column in clear_rows(distances, ratio)]


@wrong("match_ratio", "M8")
def first_come_first_served(distances, ratio):
    taken, pairs = set(), []
    for row, column in clear_rows(distances, ratio):
        if column not in taken:
            pairs.append((row, column))
        taken.add(column)
    return pairs


@wrong("match_ratio", "M8")
def only_the_first_ten(distances, ratio):
    return clear_rows(distances, ratio)[:10]


@wrong("match_ratio", "M8")
def mutual_only(distances, ratio):
    return [
        (row, column)
        for row, column in clear_rows(distances, ratio)
        if distances[:, column].argmin() == row
    ]
