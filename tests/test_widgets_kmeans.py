"""The K-means stepper without a browser: moves, history, words, pictures, answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup.scratch import kmeans as scratch
from imagegroup.widgets import kmeans, kmeans_frames, kmeans_stepper, kmeans_words
from imagegroup.widgets import kmeans_state as steps
from imagegroup.widgets.pixels import Event

CLUMPS = kmeans.example_points("clumps")
SQUARE = np.array([[0, 0], [0, 2], [6, 0], [6, 2]], float)


def on_frame(state, spot):
    return kmeans_frames.to_frame(state, np.array([spot], float))[0].tolist()


def plain_inertia(points, moment):
    return sum(
        ((p - moment.centers[g]) ** 2).sum() for p, g in zip(points, moment.labels, strict=True)
    )


actions = st.one_of(
    st.tuples(st.sampled_from([*kmeans.KEYS, "x"]), st.booleans()).map(
        lambda pair: Event("key", key=pair[0], shift=pair[1])
    ),
    st.builds(
        Event,
        st.sampled_from(["press", "drag", "drop"]),
        st.floats(-50, 700),
        st.floats(-50, 500),
    ),
    st.sampled_from([*scratch.STARTS]),
)


def act(state, action):
    return (
        kmeans.handle(state, action) if isinstance(action, Event) else steps.restart(state, action)
    )


@given(st.lists(actions, max_size=40), st.sampled_from([CLUMPS[::3], SQUARE, SQUARE[[0, 0, 1]]]))
@settings(max_examples=150, deadline=None)
def test_whatever_one_does_the_history_stays_true(sequence, points):
    state = steps.start(points, 2)
    for action in sequence:
        before, state = state, act(state, action)
        kept = min(len(before.history), len(state.history) - 1)
        assert state.history[:kept] == before.history[:kept]  # the very moments, not like ones
        assert 0 <= state.selected < len(state.now.centers)
        kmeans_words.words(state)
    for previous, now in zip((None, *state.history), state.history, strict=False):
        assert (now.labels < len(now.centers)).all()
        assert ((state.low <= now.centers) & (now.centers <= state.high)).all()
        assert np.isnan(now.inertia) == (now.labels < 0).any()
        if not np.isnan(now.inertia):
            np.testing.assert_allclose(now.inertia, plain_inertia(points, now), atol=1e-9)
        if now.move == scratch.ASSIGN:
            np.testing.assert_array_equal(now.centers, previous.centers)
            np.testing.assert_array_equal(now.labels, scratch.assign(points, now.centers))
        if now.move == scratch.MOVE:
            moved = scratch.move_centers(points, previous.labels, previous.centers)
            np.testing.assert_array_equal(now.centers, moved)
            np.testing.assert_array_equal(now.labels, previous.labels)


@given(st.lists(st.sampled_from("   radg"), max_size=30))
@settings(deadline=None)
def test_back_leads_through_every_move_to_the_start(keys):
    state = first = steps.start(CLUMPS, 3)
    for key in keys:
        state = steps.press(state, key)
    passed = []
    while len(state.history) > 1:
        passed.append(state.now)
        state = steps.back(state)
    assert steps.back(state).history == state.history == (state.now,)
    np.testing.assert_array_equal(state.now.centers, first.now.centers)
    # Forward again, as long as nothing was done by hand, everything is as it was.
    for moment in reversed(passed):
        if moment.move not in (scratch.ASSIGN, scratch.MOVE):
            break
        state = steps.step(state)
        assert state.now.move == moment.move
        np.testing.assert_array_equal(state.now.labels, moment.labels)
        np.testing.assert_array_equal(state.now.centers, moment.centers)


@pytest.mark.parametrize("name", kmeans.EXAMPLES)
@pytest.mark.parametrize("seed", range(5))
def test_the_end_is_scikit_learns(name, seed):
    from sklearn.cluster import KMeans

    points = kmeans.example_points(name, seed)
    first = steps.start(points, 4, "random", seed)
    state = steps.run(first)
    assert steps.next_move(state) == steps.CONVERGED
    assert steps.step(state) is state
    model = KMeans(4, init=first.now.centers, n_init=1, tol=0).fit(points)
    np.testing.assert_array_equal(state.now.labels, model.labels_)
    np.testing.assert_allclose(state.now.centers, model.cluster_centers_)
    np.testing.assert_allclose(state.now.inertia, model.inertia_)
    curve = [moment.inertia for moment in state.history[1:]]
    assert (np.diff(curve) <= 1e-9).all()


def test_two_starts_end_apart_and_the_words_say_so():
    stepper = kmeans_stepper("clumps")
    stepper.act(steps.run)
    best = stepper.state.now.inertia
    stepper.act(steps.restart, "random")
    stepper.act(steps.run)
    assert stepper.state.now.inertia > 2 * best
    assert f"Other starts ended at {kmeans_words.amount(best)}." in stepper.plane.says
    stepper.act(steps.add)  # with another k there is nothing to compare with
    stepper.act(steps.run)
    assert "Other starts" not in stepper.plane.says


@pytest.mark.parametrize("how", scratch.STARTS)
def test_start_number_i_is_drawn_with_its_seed(how):
    state = steps.start(CLUMPS, 3, how, random_state=5)
    for seed in (5, 6, 7):
        wanted = scratch.STARTS[how](CLUMPS, 3, np.random.default_rng(seed))
        np.testing.assert_array_equal(state.now.centers, wanted)
        assert (state.now.labels == -1).all()
        state = steps.restart(steps.run(state), how)


def test_a_dragged_centre_stays_under_the_mouse_and_is_one_move():
    state = steps.run(steps.start(CLUMPS, 3))
    x, y = on_frame(state, state.now.centers[1])
    dragged = kmeans.handle(state, Event("press", x + 7, y - 5))
    assert dragged.selected == 1
    for way in (10, 60, 100):
        dragged = kmeans.handle(dragged, Event("drag", x + 7 + way, y - 5 + way / 2))
    dragged = kmeans.handle(dragged, Event("drop", x + 107, y + 45))
    np.testing.assert_allclose(on_frame(dragged, dragged.now.centers[1]), [x + 100, y + 50])
    np.testing.assert_array_equal(dragged.now.labels, state.now.labels)
    assert dragged.now.inertia > state.now.inertia
    assert dragged.history[:-1] == state.history
    assert "You moved centre 2 to" in kmeans_words.happened(dragged)
    let_go = kmeans.handle(dragged, Event("drag", 5, 5))
    assert let_go.now is dragged.now
    # Its mean pulls it back.
    np.testing.assert_allclose(steps.run(dragged).now.inertia, state.now.inertia)


def test_a_click_selects_or_does_nothing():
    state = steps.start(CLUMPS, 3)
    x, y = on_frame(state, state.now.centers[2])
    for kind in ("press", "drop"):
        state = kmeans.handle(state, Event(kind, x, y))
    assert (state.selected, len(state.history), state.held) == (2, 1, None)
    for kind in ("press", "drag", "drop"):
        state = kmeans.handle(state, Event(kind, 3, 3))
    assert (state.selected, len(state.history), state.guess) == (2, 1, None)


def test_a_guess_is_measured_when_the_centres_have_moved():
    state = steps.step(steps.start(CLUMPS, 3))
    state = steps.choose(state, 1)
    guessed = kmeans.handle(kmeans.handle(state, Event("press", 30, 40)), Event("drop", 30, 40))
    assert "your guess is the ?" in kmeans_words.words(guessed)
    nudged = steps.press(guessed, "ArrowRight", shift=True)
    assert nudged.now is guessed.now
    np.testing.assert_allclose(on_frame(nudged, nudged.guess), [70, 40])
    moved = steps.step(nudged)
    off = np.linalg.norm(moved.now.centers[1] - kmeans_frames.to_plane(state, 70, 40))
    way = np.linalg.norm(moved.now.centers[1] - state.now.centers[1])
    says = f"guess for centre 2 was {kmeans_words.amount(off)} off; it moved by "
    assert says + kmeans_words.amount(way) in kmeans_words.words(moved)
    assert steps.press(moved, "g").guess is None  # nothing moves next: points are assigned
    assert steps.press(steps.press(state, "g"), "g").guess is None
    np.testing.assert_array_equal(steps.press(state, "g").guess, state.now.centers[1])


def test_adding_and_removing():
    state = steps.run(steps.start(SQUARE, 1))
    added = steps.add(steps.place(state, SQUARE[0]))
    np.testing.assert_array_equal(added.now.centers, SQUARE[[0, 3]])
    assert added.selected == 1
    split = steps.step(added)
    np.testing.assert_array_equal(split.now.labels, [0, 0, 1, 1])
    removed = steps.remove(steps.choose(split, 0))
    np.testing.assert_array_equal(removed.now.labels, [-1, -1, 0, 0])
    np.testing.assert_array_equal(removed.now.centers, SQUARE[[3]])
    assert "You removed centre 1" in kmeans_words.words(removed)
    assert "2 points without a group" in kmeans_words.words(removed)
    assert steps.remove(removed) is removed
    full = steps.start(SQUARE, 4)
    assert steps.add(full) is full


def test_words_of_a_known_run():
    state = steps.start(SQUARE[:, :1] * [1, 0] + SQUARE[:, 1:] * [0, 1], 2)
    state = steps.place(steps.choose(steps.place(state, [1, 0]), 1), [2, 0])
    says = []
    for _ in range(4):
        state = steps.step(state)
        says.append(kmeans_words.happened(state))
    # By hand: the left two are 1 and 1 + 4 from (1, 0), the right two 16 and 16 + 4 from (2, 0).
    assert says == [
        "Assign: all 4 points got a group. Inertia 42.",
        "Move centres: 2 of 2 moved, centre 2 farthest, by 4.123. Inertia 42 -> 4.",
        "Converged after 1 move of the centres: no point changed group. Inertia 4.",
        "Converged after 1 move of the centres: no point changed group. Inertia 4.",
    ]


def test_an_empty_group_is_named():
    state = steps.place(steps.start(SQUARE, 2), [3, 1])
    state = steps.step(steps.step(steps.place(steps.choose(state, 1), [3, 3.7])))
    assert (state.now.labels == 0).all()
    assert "Group 2 was empty: its centre took the point farthest off." in kmeans_words.words(state)


def test_the_widget_names_the_next_move_and_answers(monkeypatch):
    stepper, answers = kmeans_stepper("clumps"), []
    monkeypatch.setattr(stepper.plane, "send", answers.append)
    names = []
    for _ in range(4):
        names.append(stepper.next.description)
        before = stepper.plane.image
        stepper.plane._handle_custom_msg({"kind": "key", "key": " "}, [])
        assert stepper.plane.image != before
    assert names == ["Assign", "Move centres"] * 2
    assert answers == [{"answered": True}] * 4
    stepper.act(steps.run)
    assert stepper.next.description == "Converged"
    stepper.next.click()
    assert "Inertia" in stepper.plane.says
    stepper.examples.value = "moons"
    np.testing.assert_array_equal(stepper.state.points, kmeans.example_points("moons"))
    assert stepper.next.description == "Assign"
    assert "160 points and 3 centres: centre 1 at (" in stepper.plane.label
    assert "run this cell in JupyterLab" in stepper._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(
    ("points", "k", "start", "message"),
    [
        (np.zeros((5, 3)), 2, "random", r"shape \(5, 3\), expected \(n, 2\)"),
        (np.zeros((0, 2)), 2, "random", "n from 1 to 1,000"),
        (np.zeros((1001, 2)), 2, "random", "of more points take some"),
        ([[0, np.nan]], 1, "random", "finite"),
        ([[0, 0], [0, 0]], 2, "random", "expected 1 to 1, the number of different points"),
        (CLUMPS, 0, "k-means++", "k=0"),
        (CLUMPS, 2.5, "random", "whole number"),
        (CLUMPS, 2, "kmeans++", "expected one of random, k-means"),
        ("rings", 2, "random", "expected one of clumps, unequal, moons, uniform, or an array"),
    ],
)
def test_what_it_refuses(points, k, start, message):
    with pytest.raises(ValueError, match=message):
        kmeans_stepper(points, k, start=start)
