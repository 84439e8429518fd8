"""The BRIEF microscope without a browser: its bits are ORB's, its count waits for a guess."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup.orb import OrbParams, extract_features
from imagegroup.scratch.brief import describe, learned_pattern
from imagegroup.widgets import brief, brief_frames, brief_microscope, draw
from imagegroup.widgets import brief_state as state_of
from imagegroup.widgets.pixels import Event


@pytest.fixture(scope="module")
def start(photo):
    return state_of.start(photo)


def unpacked(descriptors: np.ndarray) -> np.ndarray:
    return np.unpackbits(descriptors, axis=-1, bitorder="little")


@pytest.mark.parametrize("edge_threshold", [31, 5])
def test_unturned_and_steered_the_bits_are_opencvs(photo, edge_threshold):
    params = OrbParams(edge_threshold=edge_threshold)
    state, features = state_of.start(photo, params), extract_features(photo, params)
    assert len(state.keypoints) == len(features)
    np.testing.assert_array_equal(state.keypoints, features.keypoints)
    for i in range(0, len(features), 9):
        reading = state_of.read(state_of.choose(state, i), 0)
        assert reading.direction == features.angles[i]
        np.testing.assert_array_equal(reading.bits[1], unpacked(features.descriptors[i]))


@pytest.mark.parametrize("turn", [-90, 10, 45, 180])
def test_turned_the_bits_are_those_of_the_whole_turned_level(start, turn):
    height, width = start.image.shape
    inner = (abs(start.keypoints - [width / 2, height / 2]) < [100, 60]).all(axis=1)
    octave_0 = [i for i in np.flatnonzero(inner) if start.rows[i][0] == 0][::3]
    assert len(octave_0) > 3
    for i in octave_0:
        x, y = start.keypoints[i].astype(int).tolist()
        # OpenCV counts angles against the clock.
        about = cv2.getRotationMatrix2D((x, y), -turn, 1)
        turned = cv2.warpAffine(
            start.image, about, (width, height), flags=cv2.INTER_CUBIC, borderMode=4
        )
        reading = state_of.read(state_of.choose(start, i), turn)
        directions = [0, reading.direction]
        expected = describe(turned, np.array([[x, y]] * 2), directions, learned_pattern())
        # Between right angles warpAffine rounds places to 1/32 px, by where its window begins.
        assert (reading.bits != unpacked(expected)).sum() <= (0 if turn % 90 == 0 else 4)


def test_steering_saves_most_bits_and_follows_the_turn(start):
    flips, errors = [], []
    for i in range(0, len(start.keypoints), 10):
        state = state_of.choose(start, i)
        before, after = state_of.read(state, 0), state_of.read(state, 90)
        flips.append(state_of.changed(before, after).sum(axis=1))
        errors.append((after.direction - before.direction - 90 + 180) % 360 - 180)
    assert np.median(np.abs(errors)) < 0.1
    without, with_steering = np.mean(flips, axis=0)
    assert with_steering < 10 < 60 < without


def test_the_count_is_hidden_until_the_guess(start):
    before, after = state_of.read(start, 0), state_of.read(start, start.turn)
    count = state_of.changed(before, after).sum(axis=1)
    words = state_of.words(start, before, after)
    assert "Guess first" in words
    assert "bits change without steering, " not in words
    guessed = state_of.guess(start, 30)
    words = state_of.words(guessed, before, after)
    assert f"{count[0]} of 256 bits change without steering, {count[1]} with it" in words
    assert "your guess for 10 degrees: 30" in words


@pytest.mark.parametrize("mode", [0, 1])
def test_the_picture_marks_no_change_before_the_guess_and_every_change_after(start, mode):
    before, after = state_of.read(start, 0), state_of.read(start, start.turn)
    hidden = brief.draw_bits(start, before, after, mode)
    assert not (hidden == draw.VERMILION).all(axis=2).any()
    # Nor do the bits themselves tell anything of the turn.
    np.testing.assert_array_equal(hidden, brief.draw_bits(start, before, before, mode))
    shown = brief.draw_bits(state_of.guess(start, 30), before, after, mode)
    crossed = (shown == draw.VERMILION).all(axis=2)
    places = [brief_frames.bit_at(x, y) for y, x in np.argwhere(crossed)]
    flips = state_of.changed(before, after)[mode]
    assert set(places) == set(np.flatnonzero(flips).tolist())
    assert flips.any()


def test_a_click_on_a_bit_chooses_it(start):
    state = state_of.guess(start, 0)
    for bit in range(256):
        x = brief_frames.EDGE + (bit // 8 + 0.5) * brief_frames.CELL
        y = brief_frames.LABEL + (bit % 8 + 0.5) * brief_frames.CELL
        state = brief.on_bits(state, Event("click", x, y))
        assert state.bit == bit
    for outside in (Event("click", 1, 60), Event("click", 60, 10), Event("click", 1e4, 60)):
        assert brief.on_bits(state, outside).bit == 255


def test_a_click_on_the_photo_chooses_the_keypoint_nearest_to_it(start):
    scale = draw.fit_scale(start.image)
    for i in range(0, len(start.keypoints), 25):
        x, y = ((start.keypoints[i] + 0.5) * scale).tolist()
        chosen = brief.on_photo(start, Event("click", x, y)).selected
        np.testing.assert_array_equal(start.keypoints[chosen], start.keypoints[i])


def test_hamming_distance_of_two_picked_keypoints_is_opencvs(start, photo):
    descriptors = extract_features(photo).descriptors
    rng = np.random.default_rng(0)
    for a, b in rng.integers(0, len(descriptors), (50, 2)).tolist():
        state = state_of.pick(state_of.choose(start, a), "a")
        assert state_of.distance(state) is None
        state = state_of.press(state_of.choose(state, b), "b")
        expected = int(cv2.norm(descriptors[a], descriptors[b], cv2.NORM_HAMMING))
        assert state_of.distance(state) == expected
        reading = state_of.read(state, 0)
        assert f"{expected} of 256 bits" in state_of.words(state, reading, reading)


@settings(max_examples=30, deadline=None)
@given(keys=st.lists(st.tuples(st.sampled_from([*brief.KEYS, "x"]), st.booleans()), max_size=50))
def test_no_sequence_of_keys_leaves_the_ranges(start, keys):
    state = start
    for key, shift in keys:
        state = state_of.press(state, key, shift)
        assert 0 <= state.bit < 256
        assert -180 <= state.turn <= 180
        assert 0 <= state.selected < len(state.keypoints)


def test_keys(start):
    assert state_of.press(start, "ArrowRight").bit == start.bit + 1
    assert state_of.press(start, "ArrowUp", shift=True).turn == start.turn + 10
    assert state_of.press(start, "s").steered
    last = state_of.choose(start, len(start.keypoints) - 1)
    assert state_of.press(last, "n").selected == 0
    assert state_of.press(state_of.choose(start, 0), "p").selected == last.selected


def test_the_words_of_a_bit_are_its_two_grey_values(start):
    state = state_of.choose_bit(state_of.steer(start, True), 200)
    before, after = state_of.read(state, 0), state_of.read(state, 10)
    first, second = before.values[1, 200].tolist()
    sign = "<" if first < second else "is not <"
    words = f"Bit 200, with steering: {first} {sign} {second}, so {int(first < second)};"
    assert words in state_of.words(state, before, after)


def test_the_patch_shows_the_level_and_the_points_of_the_bit(start):
    start = state_of.choose(start, 0)
    before, after = state_of.read(start, 0), state_of.read(start, start.turn)
    x, y = start.keypoints[0].astype(int).tolist()
    np.testing.assert_array_equal(
        state_of.patch(before, 9), start.image[y - 9 : y + 10, x - 9 : x + 10]
    )
    upright = brief.draw_patches(start, before, after)
    steered = brief.draw_patches(state_of.steer(start, True), before, after)
    half = upright.shape[1] // 2
    assert (upright[30:, :half] != steered[30:, :half]).any()
    next_bit = state_of.choose_bit(start, start.bit + 1)
    assert (brief.draw_patches(next_bit, before, after)[30:] != upright[30:]).any()


def test_controls_keys_and_clicks_move_one_state(photo):
    microscope = brief_microscope(photo)
    microscope.turn.value = 33
    assert microscope.state.turn == 33
    microscope.photo._handle_custom_msg({"kind": "key", "key": "ArrowDown"}, [])
    assert (microscope.state.turn, microscope.turn.value) == (32, 32)
    pick_a, pick_b = (
        child
        for row in microscope.children
        for child in getattr(row, "children", ())
        if getattr(child, "description", "").startswith("Pick")
    )
    pick_a.click()
    microscope.photo._handle_custom_msg({"kind": "key", "key": "n"}, [])
    pick_b.click()
    assert microscope.state.b == microscope.state.a + 1 == microscope.state.selected
    microscope.bit.value = 7
    microscope.steered.value = True
    assert (microscope.state.bit, microscope.state.steered) == (7, True)
    microscope.count.value = 44
    assert microscope.state.guess is None
    microscope.guess.click()
    assert microscope.state.guess == (44, 32)
    assert "of 256 bits change without steering" in microscope.patches.says
    bits = [cv2.imdecode(np.frombuffer(p.image, np.uint8), 1) for p in microscope.bits]
    before, after = state_of.read(microscope.state, 0), state_of.read(microscope.state, 32)
    for mode, shown in enumerate(bits):
        expected = brief.draw_bits(microscope.state, before, after, mode)
        np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize(
    ("image", "params", "message"),
    [
        (np.zeros((200, 200), np.uint8), OrbParams(), "no keypoints"),
        (np.zeros((99, 99), np.float32), OrbParams(), "expected a grey image"),
        (np.zeros((200, 200), np.uint8), OrbParams(wta_k=3), "wta_k=3: expected 2"),
    ],
)
def test_what_it_refuses(image, params, message):
    with pytest.raises(ValueError, match=message):
        brief_microscope(image, params)
