"""A fault at every system call of an export or an undo: no original changes, nothing half done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl", reason="needs a system with fork")

PROGRAM = Path(__file__).with_name("fault_injector.py")


def meet_faults(what: str, every: int, first: int) -> dict:
    """Run the injector; check what holds for all faults and give the counts."""
    command = [sys.executable, PROGRAM, what, str(every), str(first)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    for broken in ("originals changed", "partial", "not resumed", "left over", "not undone"):
        assert counts.get(broken, 0) == 0, counts
    assert "traceback" not in counts, done.stderr
    return counts


@pytest.mark.parametrize(("what", "every"), [("copy", 29), ("hardlink", 120), ("undo", 120)])
def test_sampled_faults(what, every):
    counts = meet_faults(what, every, first=every // 2)
    assert counts["faults"] >= 5
    assert min(counts["crashed"], counts["complained"]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_every_fault_of_a_copy(half):
    counts = meet_faults("copy", 2, half)
    assert counts["faults"] >= 800  # 1,600 in the two halves
    assert counts["crashed"] > 100
    assert counts["complained"] > 300
    assert counts["complete"] > 100  # faults after the commit
    assert counts["absent"] > 500


@pytest.mark.slow
@pytest.mark.parametrize("what", ["hardlink", "symlink", "undo"])
def test_every_third_fault_of_the_others(what):
    assert meet_faults(what, 3, 0)["faults"] >= 300
