"""ORB at the border to OpenCV: what goes in, what comes out, what is refused."""

from __future__ import annotations

import pickle

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup import samples
from imagegroup.images import Photo
from imagegroup.orb import (
    RANGES,
    Features,
    OrbParams,
    describe_grid,
    extract_descriptors,
    extract_features,
    extract_many,
)

slow = pytest.mark.slow


def test_defaults_are_opencvs():
    orb, ours = cv2.ORB_create(), OrbParams()
    assert ours.n_features == orb.getMaxFeatures()
    assert ours.scale_factor == pytest.approx(orb.getScaleFactor())
    assert ours.n_levels == orb.getNLevels()
    assert ours.edge_threshold == orb.getEdgeThreshold()
    assert ours.first_level == orb.getFirstLevel()
    assert ours.wta_k == orb.getWTA_K()
    assert ours.patch_size == orb.getPatchSize()
    assert ours.fast_threshold == orb.getFastThreshold()
    assert orb.getScoreType() == cv2.ORB_HARRIS_SCORE


def test_features_equal_a_plain_call(photo):
    params = OrbParams(n_features=300, n_levels=5, score_type="fast", wta_k=3, fast_threshold=7)
    orb = cv2.ORB_create(300, 1.2, 5, WTA_K=3, scoreType=cv2.ORB_FAST_SCORE, fastThreshold=7)
    keypoints, descriptors = orb.detectAndCompute(photo, None)
    features = extract_features(photo, params)
    assert len(features) == len(keypoints) > 100
    for ours, theirs in zip(features.keypoints, keypoints, strict=True):
        assert tuple(ours) == theirs.pt
    assert np.array_equal(features.sizes, np.array([k.size for k in keypoints], np.float32))
    assert np.array_equal(features.angles, np.array([k.angle for k in keypoints], np.float32))
    assert np.array_equal(features.octaves, [k.octave for k in keypoints])
    assert np.array_equal(features.descriptors, descriptors)


@pytest.mark.parametrize("image", ["flat", "thin", "small"])
def test_no_features_is_an_empty_value(image):
    shapes = {"flat": (100, 100), "thin": (31, 400), "small": (8, 8)}
    rng = np.random.default_rng(0)
    pixels = np.zeros(shapes[image], np.uint8)
    if image != "flat":
        pixels = rng.integers(0, 256, shapes[image], np.uint8)
    features = extract_features(pixels, OrbParams(edge_threshold=0, fast_threshold=5))
    assert len(features) == 0
    assert features.descriptors.shape == (0, 32)
    assert features.descriptors.dtype == np.uint8
    assert features.keypoints.shape == (0, 2)


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    scale=st.sampled_from([1.01, 1.2, 1.7, 2.0, 4.0]),
    levels=st.integers(1, 32),
    first=st.integers(0, 8),
)
@settings(max_examples=150, deadline=None)
def test_no_size_and_pyramid_crashes(height, width, scale, levels, first):
    if scale**first > 8:
        first = 0
    image = np.random.default_rng(height * 100 + width).integers(0, 256, (height, width), np.uint8)
    params = OrbParams(
        scale_factor=scale, n_levels=levels, first_level=first, edge_threshold=0, n_features=50
    )
    features = extract_features(image, params)
    assert len(features) == len(features.descriptors)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("n_features", 0, "from 1 to 100,000"),
        ("scale_factor", 1.0, "from 1.01 to 4"),
        ("wta_k", 5, "from 2 to 4"),
        ("fast_threshold", 256, "from 0 to 255"),
        ("score_type", "haris", "'harris' or 'fast'"),
        ("n_levels", 2.5, "a whole number"),
        ("n_features", True, "a whole number"),
        ("n_features", "many", "a whole number"),
    ],
)
def test_a_bad_value_says_its_range(name, value, said):
    with pytest.raises((TypeError, ValueError), match=said) as error:
        OrbParams(**{name: value})
    assert name in str(error.value)
    assert repr(value) in str(error.value)


def test_a_typo_raises():
    with pytest.raises(TypeError, match="n_feature"):
        OrbParams(n_feature=10)


def test_ranges_cover_every_number():
    numbers = {n for n, v in vars(OrbParams()).items() if not isinstance(v, str)}
    assert set(RANGES) == numbers


def test_descriptors_alone_are_those_of_the_features(photo):
    params = OrbParams(n_features=300, fast_threshold=5)
    assert np.array_equal(
        extract_descriptors(photo, params), extract_features(photo, params).descriptors
    )
    assert extract_descriptors(photo[:20], params).shape == (0, 32)
    with pytest.raises(ValueError, match="expected a grey image"):
        extract_descriptors(np.zeros((50, 50)))


def test_params_and_features_pickle(photo):
    features = extract_features(photo)
    again = pickle.loads(pickle.dumps(features))
    assert np.array_equal(again.descriptors, features.descriptors)
    assert pickle.loads(pickle.dumps(OrbParams(n_levels=3))) == OrbParams(n_levels=3)


@pytest.mark.parametrize(
    "image", [np.zeros((50, 50, 3), np.uint8), np.zeros((50, 50)), "photo.jpg"]
)
def test_other_than_grey_bytes_is_refused(image):
    with pytest.raises(ValueError, match="expected a grey image"):
        extract_features(image)


def varied(number):
    """One of many pictures: a turned piece of a photo, and one of eight things done to it."""
    rng = np.random.default_rng(number)
    source = cv2.cvtColor(samples.photo(samples.PHOTOS[number % 12]), cv2.COLOR_RGB2GRAY)
    height, width = source.shape
    turn = cv2.getRotationMatrix2D(
        (width / 2, height / 2), rng.uniform(0, 360), rng.uniform(0.5, 2)
    )
    size = tuple(int(side) for side in rng.integers(60, 400, 2))
    image = cv2.warpAffine(source, turn, size, borderMode=cv2.BORDER_REFLECT)
    noise = rng.integers(0, 256, image.shape, np.uint8)
    done = [
        image,
        cv2.GaussianBlur(image, (0, 0), 3),
        image // 8 + 100,  # little contrast
        image // 64 * 64,  # few grey values
        np.where(image > np.median(image), 255, 0).astype(np.uint8),
        np.where(np.arange(image.shape[1]) < 30, image, 128).astype(np.uint8),  # mostly flat
        cv2.addWeighted(image, 0.9, noise, 0.1, 0),
        noise,
    ]
    return done[number // 12 % 8]


@pytest.mark.parametrize("numbers", [range(0, 384, 8), pytest.param(range(384), marks=slow)])
def test_threshold_0_runs_as_1(numbers):
    counts = []
    for number in numbers:
        image = varied(number)
        orb = cv2.ORB_create(800, edgeThreshold=0, fastThreshold=0)
        keypoints, descriptors = orb.detectAndCompute(image, None)
        ours = extract_features(image, OrbParams(800, edge_threshold=0, fast_threshold=0))
        assert np.array_equal(ours.keypoints, [k.pt for k in keypoints] or np.zeros((0, 2)))
        if len(keypoints):
            assert np.array_equal(ours.descriptors, descriptors)
            assert np.array_equal(ours.angles, np.float32([k.angle for k in keypoints]))
            assert np.array_equal(ours.responses, np.float32([k.response for k in keypoints]))
        counts.append(len(keypoints))
    assert min(counts) < 800  # not all found as many as asked for
    assert counts.count(800) > len(counts) // 4


def test_the_grid_is_upright_and_regular(photo):
    descriptors = describe_grid(photo, step=40)
    places = [(x, y) for y in range(15, 360 - 15, 40) for x in range(15, 480 - 15, 40)]
    assert len(descriptors) == len(places)
    single = cv2.ORB_create(edgeThreshold=0, nlevels=1)
    for index in (0, 17, len(places) - 1):
        x, y = places[index]
        _, expected = single.compute(photo, [cv2.KeyPoint(float(x), float(y), 31.0, 0.0, 0.0, 0)])
        assert np.array_equal(descriptors[index], expected[0])


def test_many_files_give_full_size_coordinates(tmp_path, photo):
    big = cv2.resize(photo, (1920, 1440), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "a.png"), big)
    (tmp_path / "b.txt").write_text("not an image")
    found, skipped = extract_many(tmp_path, ["a.png", "b.txt"], OrbParams(), max_side=480)
    assert isinstance(found, Features)
    assert skipped.reason.value == "not-an-image"
    small = extract_features(cv2.resize(big, (480, 360), interpolation=cv2.INTER_AREA))
    assert np.allclose(found.keypoints, (small.keypoints + 0.5) * 4 - 0.5)
    assert np.allclose(found.sizes, small.sizes * 4)
    assert found.keypoints.max() > 480


def test_photo_is_what_the_threads_hand_over():
    assert Photo(np.zeros((4, 4), np.uint8), 8, 8).width == 8
