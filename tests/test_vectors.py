"""Encodings against plain restatements."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup.images import Photo
from imagegroup.orb import OrbParams, extract_features
from imagegroup.vectors import (
    ENCODINGS,
    colour_histogram,
    encode_vlad,
    learn_vocabulary,
    nearest_words,
    unpack_bits,
)


def describe(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 32), np.uint8)


@given(seed=st.integers(0, 1_000))
@settings(max_examples=30, deadline=None)
def test_squared_distance_of_bits_is_hamming(seed):
    first, second = describe(2, seed)
    hamming = sum(bin(int(a) ^ int(b)).count("1") for a, b in zip(first, second, strict=True))
    bits = unpack_bits(np.stack([first, second])).astype(int)
    assert ((bits[0] - bits[1]) ** 2).sum() == hamming


def test_bit_i_is_in_byte_i_over_8_from_the_low_end():
    descriptor = np.zeros((1, 32), np.uint8)
    descriptor[0, 17] = 1 << 1
    assert np.flatnonzero(unpack_bits(descriptor)[0]).tolist() == [17 * 8 + 1]


def test_vlad_equals_a_plain_loop():
    descriptors, vocabulary = describe(200), learn_vocabulary([describe(500, 1)], 8)
    sums = np.zeros((8, 256))
    for bits in unpack_bits(descriptors).astype(float):
        word = ((vocabulary - bits) ** 2).sum(axis=1).argmin()
        sums[word] += bits - vocabulary[word]
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    flat = np.sign(sums).ravel() * np.sqrt(np.abs(sums).ravel())
    assert np.allclose(encode_vlad(descriptors, vocabulary), flat / np.linalg.norm(flat), atol=1e-5)


def test_vlad_of_nothing_is_zero():
    assert not encode_vlad(describe(0), learn_vocabulary([describe(50)], 4)).any()


def test_order_of_keypoints_counts_for_flatten_only():
    descriptors, orb = describe(300), OrbParams(n_features=300)
    shuffled = np.random.default_rng(5).permutation(descriptors)
    vocabulary = learn_vocabulary([descriptors], 8)
    flat = ENCODINGS["flatten"]
    assert not np.array_equal(
        flat.encode((descriptors,), [], orb, 0), flat.encode((shuffled,), [], orb, 0)
    )
    vlad = encode_vlad(descriptors, vocabulary)
    assert np.allclose(vlad, encode_vlad(shuffled, vocabulary), atol=1e-5)


@pytest.mark.parametrize("name", ["flatten", "bits"])
@pytest.mark.parametrize("count", [0, 299, 301])
def test_another_number_of_keypoints_has_no_vector(name, count):
    assert ENCODINGS[name].encode((describe(count),), [], OrbParams(n_features=300), 0) is None


def test_flatten_is_the_bytes_and_bits_their_bits():
    descriptors, orb = describe(800), OrbParams(n_features=800)
    flat = ENCODINGS["flatten"].encode((descriptors,), [], orb, 0)
    assert flat.shape == (25_600,)
    assert np.array_equal(flat[:32], descriptors[0])
    assert (
        ENCODINGS["bits"].encode((descriptors,), [], orb, 0).sum() == unpack_bits(descriptors).sum()
    )


def test_the_vocabulary_is_seeded_and_bounded():
    samples = [describe(400, seed) for seed in range(5)]
    one, two = learn_vocabulary(samples, 8, 3), learn_vocabulary(samples, 8, 3)
    assert np.array_equal(one, two)
    assert one.shape == (8, 256)
    assert one.min() >= 0
    assert one.max() <= 1
    assert learn_vocabulary([describe(3)], 8).shape == (3, 256)
    assert learn_vocabulary([], 8).shape == (0, 256)


def test_nearest_words_by_brute_force():
    vocabulary = learn_vocabulary([describe(500)], 16)
    bits = unpack_bits(describe(100, 9)).astype(np.float32)
    distances = ((bits[:, None] - vocabulary[None]) ** 2).sum(axis=2)
    assert np.array_equal(nearest_words(bits, vocabulary), distances.argmin(axis=1))


@pytest.mark.parametrize("name", sorted(ENCODINGS))
def test_every_encoding_gives_one_vector_an_image(name, photo):
    orb, encoding = OrbParams(n_features=300, fast_threshold=5), ENCODINGS[name]
    size = len(extract_features(photo, orb))
    orb = OrbParams(n_features=size, fast_threshold=5) if name in ("flatten", "bits") else orb
    views = [Photo(view, 480, 360) for view in (photo, np.ascontiguousarray(photo[:, ::-1]))]
    seen = [encoding.observe(view, orb, 8, False) for view in views]
    vocabularies = encoding.learn(seen, 4, 0)
    vectors = [encoding.encode(o, vocabularies, orb, 0.7) for o in seen if o is not None]
    assert vectors[0].ndim == 1
    assert np.isfinite(vectors[0]).all()
    # The vector depends on the image and the vocabulary, never on the other images.
    assert np.array_equal(vectors[0], encoding.encode(seen[0], vocabularies, orb, 0.7))
    if name != "bits":  # the teaching encoding: 256 numbers for each of 800 keypoints
        assert vectors[0].nbytes <= 40_000


def test_the_colour_block_counts_lab_by_hand():
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(int)
    counts = np.zeros((6, 8, 8))
    for light, a, b in lab:
        counts[light * 6 // 256, np.clip((a - 64) // 16, 0, 7), np.clip((b - 64) // 16, 0, 7)] += 1
    assert np.allclose(colour_histogram(rgb), np.sqrt(counts.ravel() / 600), atol=1e-6)


def test_vlad_has_three_blocks(photo):
    rgb = Photo(np.stack([photo, photo // 2, photo], axis=2), 480, 360)
    orb, vlad = OrbParams(), ENCODINGS["vlad"]
    seen = vlad.observe(rgb, orb, 8, True)
    vocabularies = vlad.learn([seen], 4, 0)
    vector = vlad.encode(seen, vocabularies, orb, 0.7)
    keypoints, grid, colour = np.split(vector, [4 * 256, 8 * 256])
    for block, length in ((keypoints, 1), (grid, 1), (colour, 0.7)):
        assert np.linalg.norm(block) == pytest.approx(length, abs=1e-5)
    assert np.allclose(colour, 0.7 * colour_histogram(rgb.image))
