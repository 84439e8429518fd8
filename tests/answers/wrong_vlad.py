"""Wrong answers to VLAD."""

import numpy as np
from answers.marks import wrong


def unit(values):
    length = np.linalg.norm(values)
    return values / length if length else values


def residual_sums(bits, vocabulary):
    parts = np.zeros(vocabulary.shape)
    for bit in bits:
        word = ((vocabulary - bit) ** 2).sum(axis=1).argmin()
        parts[word] += bit - vocabulary[word]
    return parts


def roots(values):
    return np.sign(values) * np.sqrt(np.abs(values))


@wrong("vlad", "M8")
def sums_as_they_are(bits, vocabulary):
    return residual_sums(bits, vocabulary).ravel()


@wrong("vlad", "M8")
def last_scaling_left_out(bits, vocabulary):
    return np.array([roots(unit(part)) for part in residual_sums(bits, vocabulary)]).ravel()


@wrong("vlad", "M8")
def words_not_scaled(bits, vocabulary):
    return unit(roots(residual_sums(bits, vocabulary)).ravel())


@wrong("vlad", "M8")
def roots_left_out(bits, vocabulary):
    return unit(np.array([unit(part) for part in residual_sums(bits, vocabulary)]).ravel())


@wrong("vlad", "M7")
def word_minus_descriptor(bits, vocabulary):
    return -right_vlad(bits, vocabulary)


@wrong("vlad", "M7")
def sign_lost(bits, vocabulary):
    return np.abs(right_vlad(bits, vocabulary))


@wrong("vlad", "M7")
def root_of_negatives(bits, vocabulary):
    parts = [np.sqrt(unit(part)) for part in residual_sums(bits, vocabulary)]
    return unit(np.nan_to_num(np.array(parts)).ravel())


@wrong("vlad", "M10")
def i_th_word_for_i_th_descriptor(bits, vocabulary):
    parts = np.zeros(vocabulary.shape)
    for i, bit in enumerate(bits):
        parts[i % len(vocabulary)] += bit - vocabulary[i % len(vocabulary)]
    return unit(np.array([roots(unit(part)) for part in parts]).ravel())


@wrong("vlad", "M10")
def in_order_of_appearance(bits, vocabulary):
    words = [((vocabulary - bit) ** 2).sum(axis=1).argmin() for bit in bits]
    order = [*dict.fromkeys(words), *sorted(set(range(len(vocabulary))) - set(words))]
    return right_vlad(bits, vocabulary).reshape(len(vocabulary), -1)[order].ravel()


@wrong("vlad", "M12")
def empty_word_is_nan(bits, vocabulary):
    parts = residual_sums(bits, vocabulary)
    parts = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    parts = roots(parts)
    return (parts / np.linalg.norm(parts)).ravel()


@wrong("vlad", "M8")
def no_keypoints_is_nan(bits, vocabulary):
    parts = roots(np.array([unit(part) for part in residual_sums(bits, vocabulary)]))
    return (parts / np.linalg.norm(parts)).ravel()


def right_vlad(bits, vocabulary):
    parts = np.array([roots(unit(part)) for part in residual_sums(bits, vocabulary)])
    return unit(parts.ravel())
