"""The ORB explorer without a browser: its state, its words, its pictures, its controls."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup import OrbParams, extract_features
from imagegroup.orb import RANGES
from imagegroup.repeatability import map_points
from imagegroup.widgets import orb, orb_explorer, orb_state

NOISE = np.random.default_rng(1).integers(0, 256, (120, 160), dtype=np.uint8)


def same(a, b):
    return all(np.array_equal(getattr(a, n), getattr(b, n)) for n in a.__dataclass_fields__)


def test_there_is_a_knob_for_each_parameter_within_its_range():
    assert {*orb_state.KNOBS, "score_type"} == set(OrbParams.__dataclass_fields__)
    for name, knob in orb_state.KNOBS.items():
        low, high = RANGES[name]
        assert low <= knob.low < knob.high <= high
        assert knob.low <= getattr(OrbParams(), name) <= knob.high
        assert len(knob.sentence) > 20


def test_every_slider_changes_what_it_says(photo):
    explorer = orb_explorer(photo)
    for name, slider in explorer.knobs.items():
        slider.value = slider.max
        assert getattr(explorer.state.a.params, name) == slider.max or explorer.state.complaint
        assert same(explorer.state.a.features, extract_features(photo, explorer.state.a.params))
        explorer.act(orb_state.reset)
        assert explorer.state.a.params == OrbParams()
        assert slider.value == getattr(OrbParams(), name)
    explorer.score.value = "fast"
    assert explorer.state.a.params.score_type == "fast"


def test_settings_that_cannot_be_are_refused_in_words(photo):
    explorer = orb_explorer(photo, OrbParams(scale_factor=2.0))
    explorer.knobs["first_level"].value = 4
    assert "enlarges" in explorer.photo.says
    assert explorer.state.a.params.first_level == 0 == explorer.knobs["first_level"].value
    explorer.knobs["n_levels"].value = 3
    assert "enlarges" not in explorer.photo.says


def test_settings_outside_the_sliders_are_kept(photo):
    explorer = orb_explorer(photo, OrbParams(n_features=5_000))
    assert explorer.state.a.params.n_features == 5_000 == explorer.knobs["n_features"].value


def test_the_second_view_is_where_its_homography_says():
    image = np.zeros((200, 300), np.uint8)
    image[40:44, 100:104] = 255
    view, homography = orb_state.second_view(image)
    bright = np.argwhere(view > 60).mean(axis=0)[::-1]
    assert np.allclose(bright, map_points(homography, np.array([[101.5, 41.5]]))[0], atol=0.3)


def test_matches_are_right_where_a_plain_loop_says_so(photo):
    state = orb_state.start(photo, OrbParams())
    matched = orb_state.match(state, state.a)
    assert len(matched.pairs) > 100
    for (row, column), right in zip(matched.pairs, matched.right, strict=True):
        x, y = state.a.features.keypoints[row]
        u, v, w = state.homography @ [x, y, 1]
        gap = np.hypot(
            u / w - matched.second.keypoints[column, 0], v / w - matched.second.keypoints[column, 1]
        )
        assert right == (gap <= 3)
    assert matched.right.mean() > 0.8
    words = orb_state.match_words(matched)
    assert f"{matched.right.sum()} of {len(matched.pairs)} matches are right" in words


def test_four_points_a_test_are_compared_by_pairs_of_bits(photo):
    state = orb_state.turn(orb_state.start(photo, OrbParams()), "wta_k", 4)
    matched = orb_state.match(state, state.a)
    plain = cv2.BFMatcher(cv2.NORM_HAMMING2).match(
        state.a.features.descriptors, matched.second.descriptors
    )
    nearest = {m.queryIdx: m.trainIdx for m in plain}
    assert all(nearest[row] == column for row, column in matched.pairs)


def test_the_code_gives_the_parameters_back():
    params = OrbParams(n_features=800, edge_threshold=0, fast_threshold=0, scale_factor=1.35)
    assert eval(orb_state.as_code(params), {"OrbParams": OrbParams}) == params
    assert orb_state.as_code(OrbParams()) == "OrbParams()"


def test_b_keeps_what_was_seen_and_follows_the_photo(photo):
    explorer = orb_explorer({"photo": photo, "noise": NOISE})
    assert explorer.kept.layout.display == "none"
    explorer.act(orb_state.keep)
    explorer.knobs["n_features"].value = 100
    assert explorer.kept.layout.display is None
    assert explorer.kept.says.startswith("B: 500 keypoints of 500")
    assert explorer.photo.says.startswith("A: 100 keypoints of 100")
    explorer.act(orb_state.swap)
    assert (explorer.state.a.params.n_features, explorer.knobs["n_features"].value) == (500, 500)
    explorer.chooser.value = "noise"
    assert same(explorer.state.b.features, extract_features(NOISE, OrbParams(n_features=100)))
    assert same(explorer.state.a.features, extract_features(NOISE, OrbParams()))


def test_pictures_show_what_was_found(photo):
    state = orb_state.start(photo, OrbParams(n_features=20, n_levels=1))
    frame = orb.draw_keypoints(photo, state.a)
    plain = cv2.cvtColor(photo, cv2.COLOR_GRAY2BGR)
    changed = (frame != plain).any(axis=2)
    for x, y in np.rint(state.a.features.keypoints).astype(int):
        assert changed[y - 17 : y + 18, x - 17 : x + 18].any()
    none = orb_state.turn(state, "fast_threshold", 100)
    blank = orb_state.start(np.full((360, 480), 99, np.uint8), OrbParams())
    assert (orb.draw_keypoints(blank.image, blank.a) == 99).all()
    bars = [orb.draw_octaves(s.a).min() for s in (state, none, blank)]
    assert bars == [0, 0, 0]
    assert len(np.unique(orb.octave_colours(8), axis=0)) == 8


@pytest.mark.parametrize("shape", [(31, 100), (100, 1_025)])
def test_photos_of_a_size_that_cannot_be_shown_are_refused(shape):
    with pytest.raises(ValueError, match=f"{shape[1]} x {shape[0]} px: expected sides of 32"):
        orb_explorer(np.zeros(shape, np.uint8))


def test_no_photo_is_refused():
    with pytest.raises(ValueError, match="at least one photo"):
        orb_explorer({})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from([*orb_state.KNOBS]).flatmap(
            lambda name: st.tuples(
                st.just(name),
                st.floats(orb_state.KNOBS[name].low, orb_state.KNOBS[name].high),
            )
        ),
        max_size=6,
    )
)
def test_any_turning_leaves_a_state_that_can_be_drawn(turns):
    state = orb_state.start(NOISE, OrbParams(n_features=200))
    for name, value in turns:
        value = value if name == "scale_factor" else int(value)
        before, state = state, orb_state.turn(state, name, value)
        assert state.complaint or getattr(state.a.params, name) == value
        assert not state.complaint or state.a is before.a
    assert sum(orb_state.per_octave(state.a)) == len(state.a.features)
    frame = orb.draw_matches(state, orb_state.match(state, state.a))
    assert frame.ndim == orb.draw_keypoints(NOISE, state.a).ndim == 3
