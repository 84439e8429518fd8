"""A bank of answers: the wrong ones are told which belief is behind them, the right ones pass."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter

import numpy as np
import pytest
from answers import (
    fine,
    right,
    wrong_elbow,
    wrong_fast,
    wrong_kmeans,
    wrong_matching,
    wrong_orb,
    wrong_vlad,
)
from answers.marks import marked

from imagegroup import teach
from imagegroup.scratch import brief, fast, kmeans, knee, matching, orientation
from imagegroup.scratch.knee import find_knee
from imagegroup.teach.knee import _cases as curves
from imagegroup.vectors import encode_vlad

BANK = (wrong_fast, wrong_orb, wrong_matching, wrong_vlad, wrong_kmeans, wrong_elbow)
WRONG = [function for module in BANK for function in marked(module)]
FINE = marked(fine)
RIGHT = {
    "fast_test": right.is_corner,
    "fast_score": right.fast_score,
    "centroid_angle": right.centroid_angle,
    "brief_bits": right.brief_bits,
    "hamming": right.hamming,
    "match_ratio": right.match,
    "vlad": right.vlad,
    "assign": right.assign,
    "update": right.update,
    "distortion": right.distortion,
    "knee": right.knee,
}
PICTURED = {"fast_test", "fast_score", "centroid_angle", "brief_bits", "hamming", "assign"}


@pytest.fixture(autouse=True)
def _own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEGROUP_PREDICTIONS", str(tmp_path / "record.jsonl"))
    monkeypatch.setattr("imagegroup.teach.checking._failures", {})


def check(function, name=None, seed=0):
    with np.errstate(all="ignore"):
        return getattr(teach, f"check_{name or function.check}")(function, seed=seed)


def test_the_bank_is_large_and_covers_every_check():
    assert len(WRONG) >= 60
    assert len(FINE) >= 20
    checks = {name.removeprefix("check_") for name in dir(teach) if name.startswith("check_")}
    assert checks - {"checking"} == set(RIGHT)
    assert {f.check for f in WRONG} == {f.check for f in FINE} == set(RIGHT)


@pytest.mark.parametrize("function", WRONG, ids=lambda f: f"{f.check}-{f.__name__}")
@pytest.mark.parametrize("seed", [0, 7])
def test_a_wrong_answer_is_rejected(function, seed):
    result = check(function, seed=seed)
    assert not result.passed
    assert result.outcome == "wrong"
    head = result.message.split("\n")[0]
    assert head.startswith("For ")
    assert f"{function.__name__} returned " in head
    assert head.endswith(f"Look at {teach.find_misconception(result.id).where}. [{result.id}]")
    assert len(head) < 520


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nearly_all_wrong_answers_get_the_intended_id(seed):
    hits = [check(function, seed=seed).id == function.belief for function in WRONG]
    assert np.mean(hits) >= 0.95


def test_each_id_occurs_in_a_message():
    told = Counter(check(function).message.split("\n")[0][-4:].strip("[] ") for function in WRONG)
    assert {m.id for m in teach.MISCONCEPTIONS} <= set(told)


@pytest.mark.parametrize("function", FINE, ids=lambda f: f"{f.check}-{f.__name__}")
def test_a_right_answer_in_another_style_passes(function):
    for seed in range(5):
        result = check(function, seed=seed)
        assert result.passed, result.message


@pytest.mark.parametrize("name", RIGHT)
def test_the_plain_right_answer_passes(name):
    for seed in range(30):
        result = check(RIGHT[name], name, seed)
        assert result.passed, result.message
        assert result.outcome == "right"


def solution_lines():
    for part in [right, fast, orientation, brief, matching, kmeans, knee, encode_vlad]:
        tree = ast.parse(inspect.getsource(part))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom, ast.Constant, ast.arguments)):
                continue
            if isinstance(node, (ast.stmt, ast.Call, ast.Compare, ast.Subscript)):
                line = ast.unparse(node).split("\n")[0]
                if len(line) > 14 and not line.startswith(("'", '"')):
                    yield line


def test_no_message_holds_a_line_of_a_solution_or_an_array():
    told = [check(..., name).message for name in RIGHT]  # how each function is called
    solutions = {line for line in solution_lines() if not any(line in call for call in told)}
    assert len(solutions) > 200
    for function in WRONG:
        for _ in range(3):
            result = check(function)
            message = " ".join(result.message.split())
            assert not [line for line in solutions if line in message]
            assert "array(" not in message
            assert not re.search(r"(-?\d+(\.\d+)?,? ){5}", message), message


def test_six_checks_draw_what_failed():
    drawn = set()
    for function in {f.check: f for f in WRONG if f.__name__ != "packed_into_bytes"}.values():
        result = check(function)
        page = result._repr_html_()
        if "<img" in page:
            drawn.add(result.check)
            assert re.search(r'alt="[^"]{30,}"', page)
    assert drawn == PICTURED


@pytest.mark.slow
def test_every_wrong_answer_can_be_shown():
    for function in WRONG:
        page = check(function)._repr_html_()
        assert "✗ wrong" in page


@pytest.mark.parametrize("seed", range(5))
def test_the_hidden_curves_have_one_elbow_and_kneed_agrees(seed):
    for case in curves(np.random.default_rng(seed)):
        gap = np.sort(find_knee(*case.arguments).difference)
        if case.expected is not None:
            assert gap[-1] - gap[-2] > 1e-6, case.shown
            assert find_knee(*case.arguments).knee == case.expected
