"""Exports that are killed, interrupted, or run beside others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl", reason="needs a system with fork")

PROGRAM = Path(__file__).with_name("kill_injector.py")


def disturb(what: str, number: int, seed: int = 0) -> tuple[dict, str]:
    """Run the program; check what always holds; give the counts and what it printed as errors."""
    command = [sys.executable, PROGRAM, what, str(number), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    for broken in ("originals changed", "partial", "not resumed", "left over"):
        assert counts[broken] == 0, (counts, done.stderr)
    return counts, done.stderr


@pytest.mark.parametrize("kills", [5, pytest.param(250, marks=pytest.mark.slow)])
def test_kill_at_random_moments(kills):
    counts, _ = disturb("kill", kills)
    assert counts["killed"] >= kills
    assert counts["failed"] == 0
    if kills > 100:
        assert counts["reused"] > 100  # files that a killed export had copied
        assert min(counts["complete"], counts["absent"]) > 0


@pytest.mark.parametrize("rounds", [5, pytest.param(250, marks=pytest.mark.slow)])
def test_ctrl_c_at_random_moments_then_again_in_the_same_process(rounds):
    counts, errors = disturb("interrupt", rounds)
    assert (counts["shots"], counts["complete"], counts["failed"]) == (rounds, rounds, 0), errors


@pytest.mark.parametrize("seed", range(3))
def test_of_eight_exporters_of_one_plan_exactly_one_completes(seed):
    counts, errors = disturb("race", 8, seed)
    assert (counts["completed"], counts["refused"]) == (1, 7)
    reasons = errors.splitlines()
    assert sum("another export is at work" in r or r == "already complete" for r in reasons) == 7


def test_of_eight_plans_for_one_place_exactly_one_completes():
    counts, errors = disturb("contest", 8)
    assert (counts["completed"], counts["refused"]) == (1, 7)
    assert errors.count("choose another OUT") == 7
