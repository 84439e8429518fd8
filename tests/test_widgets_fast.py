"""The FAST microscope without a browser: its state, its words, its pictures, its answers."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegroup.scratch.fast import RING
from imagegroup.widgets import draw, fast, fast_microscope
from imagegroup.widgets import fast_state as state_of
from imagegroup.widgets.pixels import Event

NOISE = np.random.default_rng(1).integers(0, 256, (40, 60), dtype=np.uint8)


@pytest.mark.parametrize("threshold", [0, 1, 5, 20, 45, 80, 140, 254, 255])
def test_the_verdict_is_opencvs_at_hundreds_of_pixels(photo, threshold):
    rng = np.random.default_rng(threshold)
    detectors = [cv2.FastFeatureDetector_create(threshold, on) for on in (False, True)]
    crop = photo[100:220, 150:320]
    listed, kept = ({k.pt for k in found.detect(crop)} for found in detectors)
    state = state_of.start(crop, threshold)
    somewhere = rng.integers(3, [167, 117], (120, 2)).tolist()
    for x, y in [*somewhere, *(map(int, pt) for pt in sorted(listed)[::40])]:
        state = state_of.move(state, x, y)
        assert (state.x, state.y) == (x, y)
        assert state_of.verdict(state).startswith("Corner") == ((x, y) in listed)
        says = state_of.opencv_says(state)
        assert says.startswith("OpenCV agrees")
        assert ("not in its list" in says) == ((x, y) not in listed)
        assert ("with and without" in says) == ((x, y) in kept)


def test_the_neighbour_blamed_for_a_suppressed_corner_is_at_least_as_strong(photo):
    state = state_of.start(photo)
    suppressed = np.argwhere(state.listed & ~state.kept)[::50]
    assert len(suppressed) > 20
    for y, x in suppressed.tolist():
        state = state_of.move(state, x, y)
        rival_x, rival_y, score = state_of.strongest_neighbour(state)
        assert f"({rival_x}, {rival_y}) scores {score}" in state_of.opencv_says(state)
        assert max(abs(rival_x - x), abs(rival_y - y)) == 1
        assert state_of.seen(state_of.move(state, rival_x, rival_y)).score == score
        assert score >= state_of.seen(state).score


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ([200] * 9 + [100] * 7, "Corner: 9 of 16 in a row are lighter by more than 20; score 99."),
        (
            [200] * 8 + [100] + [200] * 4 + [100] * 3,
            "No corner: 12 of 16 are lighter by more than 20, but only 8 in a row; "
            "9 are needed. No threshold makes it one.",
        ),
        (
            [60] * 5 + [115] * 11,
            "No corner: only 5 of 16 in a row are darker by more than 20; 9 are needed. "
            "A corner up to threshold 14.",
        ),
        (
            [100] * 16,
            "No corner: all 16 are within 20 of the centre. No threshold makes it one.",
        ),
    ],
)
def test_words(ring, words):
    image = np.full((7, 7), 100, np.uint8)
    image[3 + RING[:, 1], 3 + RING[:, 0]] = ring
    assert state_of.verdict(state_of.start(image)) == words


@given(
    st.lists(st.tuples(st.sampled_from([*fast.KEYS, "n", "Tab"]), st.booleans()), max_size=40),
    st.integers(0, 255),
)
def test_no_sequence_of_keys_leaves_the_image_or_the_thresholds(keys, threshold):
    state = state_of.start(NOISE, threshold)
    for key, shift in keys:
        state = state_of.press(state, key, shift)
        assert 3 <= state.x < 57
        assert 3 <= state.y < 37
        assert 0 <= state.threshold <= 255
        state_of.seen(state)


def test_keys_stop_at_the_borders_and_lead_back():
    top_left = state_of.move(state_of.start(NOISE), -99, -99)
    bottom_right = state_of.move(top_left, 999, 999)
    assert (top_left.x, top_left.y, bottom_right.x, bottom_right.y) == (3, 3, 56, 36)
    for state, keys in (
        (top_left, ("ArrowLeft", "ArrowUp")),
        (bottom_right, ("ArrowRight", "ArrowDown")),
    ):
        for key in keys:
            for shift in (False, True):
                stayed = state_of.press(state, key, shift)
                assert (stayed.x, stayed.y) == (state.x, state.y)
    right = state_of.press(top_left, "ArrowRight", shift=True)
    assert (right.x, right.y) == (13, 3)
    assert state_of.press(right, "ArrowDown").y == 4


def test_another_threshold_asks_opencv_again(photo):
    raised = state_of.press(state_of.start(photo, 20), "+")
    afresh = state_of.start(photo, 21)
    assert raised.threshold == 21
    np.testing.assert_array_equal(raised.listed, afresh.listed)
    np.testing.assert_array_equal(raised.kept, afresh.kept)
    assert state_of.press(state_of.start(NOISE, 255), "+").threshold == 255
    assert state_of.press(state_of.start(NOISE, 0), "-").threshold == 0


@pytest.mark.parametrize("shape", [(40, 60), (480, 640), (90, 1500), (1200, 1600)])
def test_the_mouse_finds_the_pixel_it_points_at(shape):
    state = state_of.start(np.zeros(shape, np.uint8))
    scale = draw.fit_scale(state.image)
    for x, y in ((5, 7), (shape[1] // 2, shape[0] // 3), (shape[1] - 5, shape[0] - 6)):
        event = Event("move", (x + 0.5) * scale, (y + 0.5) * scale)
        moved = fast.handle(state, event)
        assert (moved.x, moved.y) == (x, y)


def test_a_click_holds_the_pixel_until_the_next():
    held = fast.handle(state_of.start(NOISE), Event("click", 200, 200))
    scale = draw.fit_scale(NOISE)
    assert (held.x, held.y) == (int(200 / scale), int(200 / scale))
    moved = fast.handle(held, Event("move", 300, 100))
    assert (moved.x, moved.y) == (held.x, held.y)
    freed = fast.handle(moved, Event("click", 300, 100))
    assert freed.x == int(300 / scale)
    assert fast.handle(freed, Event("move", 200, 200)).x == held.x


def test_the_lens_marks_ring_and_arc():
    image = np.full((7, 7), 100, np.uint8)
    image[3 + RING[:9, 1], 3 + RING[:9, 0]] = 200
    lens = fast.draw_lens(state_of.start(image))
    assert lens.shape == (7 * fast.CELL, 7 * fast.CELL, 3)
    for i, (dx, dy) in enumerate(RING):
        left, top = (dx + 3) * fast.CELL, (dy + 3) * fast.CELL
        cell = lens[top : top + fast.CELL, left : left + fast.CELL]
        rim = (cell == (draw.ORANGE if i < 9 else draw.GREY)).all(axis=2)
        # Seven px of rim around an arc pixel, two around any other.
        assert (rim.mean() > 0.25) == (i < 9)
        assert rim.any()


def test_the_photo_shows_the_corners_and_where_one_looks(photo):
    state = state_of.start(photo)
    alone = fast.draw_photo(state_of.show_corners(state, False))
    changed = (fast.draw_photo(state) != alone).any(axis=2)
    assert changed[state.kept].mean() > 0.99
    assert not changed[~cv2.dilate(state.kept.astype(np.uint8), np.ones((3, 3))).astype(bool)].any()
    plain = cv2.cvtColor(photo, cv2.COLOR_GRAY2BGR)
    rows, columns = np.nonzero((alone != plain).any(axis=2))
    assert abs(rows - state.y).max() < 15
    assert abs(columns - state.x).max() < 15


def test_corners_beside_the_border_of_a_long_image_can_be_drawn():
    image = np.random.default_rng(0).integers(0, 256, (9, 9000), dtype=np.uint8)
    assert fast.draw_photo(state_of.start(image, 5)).shape == (1, 640, 3)


def test_the_widget_answers_every_event_and_shows_the_new_state(photo, monkeypatch):
    microscope = fast_microscope(photo)
    answers = []
    monkeypatch.setattr(microscope.photo, "send", answers.append)
    before = microscope.photo.image, microscope.lens.image
    content = {"kind": "move", "x": 200.4, "y": 90.9}
    microscope.photo._handle_custom_msg(content, [])
    assert answers == [{"answered": True}]
    assert microscope.photo.says.startswith(f"Pixel (200, 90), grey {photo[90, 200]}.\n")
    assert microscope.photo.image != before[0]
    assert microscope.lens.image != before[1]
    lens = cv2.imdecode(np.frombuffer(microscope.lens.image, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(lens, fast.draw_lens(microscope.state))
    numbers = re.findall(r"[+-]?\d+ (?=lighter|darker|similar)", microscope.lens.label)
    ring = photo[90 + RING[:, 1], 200 + RING[:, 0]].astype(int) - photo[90, 200]
    assert [int(n) for n in numbers] == ring.tolist()


def test_an_event_that_fails_is_answered_all_the_same(photo, monkeypatch):
    microscope = fast_microscope(photo)
    answers = []
    monkeypatch.setattr(microscope.photo, "send", answers.append)
    received = microscope.photo._msg_callbacks.callbacks[0]
    with pytest.raises(TypeError):
        received(microscope.photo, {"kind": "key", "unheard": 1}, [])
    assert answers == [{"answered": True}]


def test_controls_and_keys_set_the_same_threshold(photo):
    microscope = fast_microscope(photo)
    microscope.slider.value = 60
    assert microscope.state.threshold == 60
    microscope.photo._handle_custom_msg({"kind": "key", "key": "+"}, [])
    assert (microscope.state.threshold, microscope.slider.value) == (61, 61)
    microscope.corners.value = False
    assert not microscope.state.show_corners


@pytest.mark.parametrize(
    ("image", "threshold", "message"),
    [
        (np.zeros((6, 9), np.uint8), 20, "9 x 6 px"),
        (np.zeros((1500, 1500), np.uint8), 20, "at most 2,000,000 pixels"),
        (np.zeros((9, 9, 3), np.uint8), 20, "expected a grey image"),
        (np.zeros((9, 9), np.uint8), 256, "from 0 to 255"),
    ],
)
def test_what_it_refuses(image, threshold, message):
    with pytest.raises(ValueError, match=message):
        fast_microscope(image, threshold)


def test_what_a_saved_notebook_shows_instead():
    text = fast_microscope(NOISE)._repr_mimebundle_()["text/plain"]
    assert text == repr(fast_microscope(NOISE))
    assert "run this cell in JupyterLab" in text
