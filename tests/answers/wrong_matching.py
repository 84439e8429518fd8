"""Wrong answers to the Hamming distance and to matching with the ratio test."""

import numpy as np
from answers.marks import wrong


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
