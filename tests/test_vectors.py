"""Encodings against plain restatements."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from imagegroup.baselines import colour_histogram, grey_histogram, thumbnail
from imagegroup.images import Photo
from imagegroup.orb import OrbParams, extract_features
from imagegroup.vectors import ENCODINGS, encode_vlad, encode_words
from imagegroup.vocabulary import learn_idf, learn_vocabulary, nearest_words, unpack_bits


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
    flat /= np.linalg.norm(flat)
    # The square root makes 1e-5 of a rounding error of 1e-6 in a sum that should be 0.
    assert np.allclose(encode_vlad(descriptors, vocabulary), flat, atol=1e-4)


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
    seen = [encoding.observe(view, orb, 8) for view in views]
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


@pytest.mark.parametrize(("name", "size"), [("vlad", 4 * 256), ("words", 4)])
def test_keypoints_grid_and_colours_are_encoded_apart(name, size, photo):
    swatch = np.ascontiguousarray(np.stack([photo, photo // 2, photo], axis=2)[::3, ::3])
    orb, encoding = OrbParams(), ENCODINGS[name]
    seen = encoding.observe(Photo(photo, 480, 360, swatch), orb, 8)
    vector = encoding.encode(seen, encoding.learn([seen], 4, 0), orb, 0.7)
    keypoints, grid, colour = np.split(vector, [size, 2 * size])
    for block, length in ((keypoints, 1), (grid, 1), (colour, 0.7)):
        # each number is rounded to 2**-11
        assert np.linalg.norm(block) == pytest.approx(length, abs=2e-3)
    assert np.abs(colour - 0.7 * colour_histogram(swatch)).max() <= 0.5001 / 2**11
    assert np.array_equal(vector * 2**11, np.rint(vector * 2**11))
    alone = encoding.observe(Photo(photo, 480, 360), orb, 0)
    assert np.array_equal(
        encoding.encode(alone, encoding.learn([alone], 4, 0), orb, 0.7), keypoints
    )


def words_by_hand(descriptors, images, vocabulary):
    """A bag of words in plain loops: Hamming-like distances, counts, idf, square roots, length."""
    bits = [[byte >> i & 1 for byte in map(int, row) for i in range(8)] for row in descriptors]

    def nearest(one):
        distances = [sum((b - w) ** 2 for b, w in zip(one, word, strict=True)) for word in words]
        return distances.index(min(distances))

    words = vocabulary.astype(float).tolist()
    weights = []
    for word in range(len(words)):
        having = sum(word in [nearest(b) for b in unpack_bits(i).tolist()] for i in images)
        weights.append(np.log(1 + len(images) / max(having, 1)))
    counts = [0] * len(words)
    for one in bits:
        counts[nearest(one)] += 1
    roots = [(c * w) ** 0.5 for c, w in zip(counts, weights, strict=True)]
    length = sum(r * r for r in roots) ** 0.5
    return [r / length for r in roots]


@given(seed=st.integers(0, 1_000), n=st.integers(1, 30), n_words=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_words_equal_a_plain_loop(seed, n, n_words):
    images = [describe(n + i, seed + i) for i in range(4)]
    vocabulary = learn_vocabulary(images[:3], n_words, seed)
    vector = encode_words(images[3], vocabulary, learn_idf(images[:3], vocabulary))
    assert np.allclose(vector, words_by_hand(images[3], images[:3], vocabulary), atol=1e-5)


@given(st.lists(st.integers(0, 3), max_size=60), st.permutations(range(4)))
@settings(max_examples=50, deadline=None)
def test_words_count_and_forget_the_order(chosen, order):
    vocabulary = unpack_bits(describe(4)).astype(np.float32)  # four descriptors, each its own word
    idf = np.ones(4, np.float32)
    vector = encode_words(describe(4)[chosen], vocabulary, idf)
    shares = np.bincount(chosen, minlength=4) / max(1, len(chosen))
    assert np.allclose(vector**2, shares, atol=1e-6)  # square roots undone: the share of each word
    moved = encode_words(describe(4)[chosen][::-1], vocabulary[list(order)], idf)
    assert np.allclose(moved, vector[list(order)])


def test_a_rare_word_tells_more():
    dark, light = np.zeros((1, 32), np.uint8), np.full((1, 32), 255, np.uint8)
    vocabulary = unpack_bits(np.concatenate([dark, light])).astype(np.float32)
    none = np.zeros((0, 32), np.uint8)
    idf = learn_idf([dark, dark, dark, none, np.concatenate([dark, light])], vocabulary)
    assert np.allclose(idf, np.log([1 + 5 / 4, 1 + 5 / 1]))
    common, rare = encode_words(np.concatenate([dark, light]), vocabulary, idf)
    assert rare / common == pytest.approx(np.sqrt(idf[1] / idf[0]), abs=1e-6)


@pytest.mark.parametrize("name", ["vlad", "words"])
def test_what_the_sample_lacks_counts_for_nothing(name):
    """The strips of the sample are too thin for the grid: its block stays empty, for all."""
    encoding, orb = ENCODINGS[name], OrbParams()
    learned = encoding.learn([(describe(50), describe(0))], 4, 0)
    thin = encoding.encode((describe(9), describe(0)), learned, orb, 0)
    assert np.array_equal(encoding.encode((describe(9), describe(7)), learned, orb, 0), thin)
    assert np.linalg.norm(thin) == pytest.approx(1, abs=1e-3)


def test_baselines_by_hand(photo):
    mean = photo[:352, :480].reshape(32, 11, 32, 15).mean(axis=(1, 3))
    assert np.abs(thumbnail(photo[:352]).reshape(32, 32) - mean).max() <= 0.51  # rounded to bytes
    counts = [((photo >= 16 * i) & (photo < 16 * i + 16)).sum() for i in range(16)]
    assert np.allclose(grey_histogram(photo), np.sqrt(np.array(counts) / photo.size), atol=1e-6)


def test_vocabularies_learnt_side_by_side_are_those_learnt_alone():
    def threads():
        return [pool["num_threads"] for pool in threadpool_info()]

    before = threads()
    images = [(describe(60, seed), describe(90, seed + 50)) for seed in range(6)]
    learned = ENCODINGS["vlad"].learn(images, 4, 0)
    assert threads() == before
    for block, (words,) in zip(zip(*images, strict=True), learned, strict=True):
        assert np.array_equal(words, learn_vocabulary(block, 4, 0))
