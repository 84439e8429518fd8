"""Ctrl-C at any step of entering and leaving: the process is as before, the next call works."""

from __future__ import annotations

import ast
import contextlib
import gc
import random
import signal
import sys
import threading
import warnings
import weakref
from pathlib import Path

import cv2
import pytest
from process_state import pools, set_pools, state

from imagegroup import process

LOCKED = {
    node.lineno
    for node in ast.walk(ast.parse(Path(process.__file__).read_text()))
    if isinstance(node, ast.With) and ast.unparse(node.items[0].context_expr) == "_lock"
}
BLOCKS = [process.one_thread, process.without_warnings, process.quiet_opencv]


@pytest.fixture(autouse=True)
def several():
    """Several threads for all, also on one core."""
    before = state()
    set_pools(dict.fromkeys(before["pools"], 3))
    cv2.setNumThreads(3)
    yield state()
    set_pools(before["pools"])
    cv2.setNumThreads(before["opencv"])


@pytest.fixture
def alarm():
    """A timer that interrupts as Ctrl-C does, also where Ctrl-C is ignored."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("not on this machine: setitimer")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class Interrupt:
    """Raise KeyboardInterrupt at the n-th step of Python in the files that take part."""

    files = (process.__file__, contextlib.__file__, weakref.__file__)

    def __init__(self, n):
        self.left, self.seen = n, set()

    def step(self, frame):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def at_lines(self, frame, event, _):
        """For sys.settrace: at each line, and where a function starts."""
        if frame.f_code.co_filename not in self.files:
            return None
        if event in ("call", "line"):
            place = (id(frame), frame.f_lineno)
            ours = frame.f_code.co_filename == process.__file__
            # The second time such a line comes up, the lock is let go by C code, with no step of
            # Python before it at which a signal is looked at.
            if not (event == "line" and ours and frame.f_lineno in LOCKED and place in self.seen):
                self.step(frame)
            if event == "line":
                self.seen.add(place)
        return self.at_lines

    def at_calls(self, frame, event, _):
        """For sys.setprofile: where Python looks at signals, at starts and after calls of C."""
        if event in ("call", "c_return") and frame.f_code.co_filename in self.files:
            self.step(frame)


def is_interrupted(n, how, block):
    """Enter and leave a block, interrupted at the n-th step; False when there are fewer."""
    interrupt = Interrupt(n)
    start = {"lines": sys.settrace, "calls": sys.setprofile}[how]
    before = {"lines": sys.gettrace, "calls": sys.getprofile}[how]()
    step = {"lines": interrupt.at_lines, "calls": interrupt.at_calls}[how]
    try:
        start(step)
        with block():
            pass
    except KeyboardInterrupt:
        return True
    finally:
        start(before)
    return interrupt.left <= 0


def can_enter_elsewhere():
    """Whether another thread gets in and out: no lock was left taken."""
    done = threading.Event()

    def enter():
        with process.one_thread(), process.without_warnings(), process.quiet_opencv():
            done.set()

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    thread.join(60)
    return done.is_set() and not thread.is_alive()


@pytest.mark.parametrize("how", ["lines", "calls"])
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("cold", [False, True])
def test_interrupted_at_every_step(several, how, block, cold):
    n = 0
    while True:
        n += 1
        if cold:  # libraries are looked for, and each is asked whose its limit is
            process._modules_seen = 0
            for setting in process._pools.values():
                setting._shared = None
        if not is_interrupted(n, how, block):
            break
        assert state() == several, n
        assert can_enter_elsewhere(), n
    assert n > 20


@pytest.mark.parametrize("how", ["lines", "calls"])
@pytest.mark.parametrize("block", BLOCKS)
def test_interrupted_inside_another_that_goes_on(several, how, block):
    n, going = 0, True
    while going:
        n += 1
        with block():
            inside = state()
            going = is_interrupted(n, how, block)
            assert state() == inside, n
        assert state() == several, n
    assert n > 20


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_interrupted_by_signals_at_random(several, alarm, block):
    """They come while the main thread does hardly anything but enter and leave."""

    def come_and_go_until(seconds):
        alarm(seconds)
        while True:
            with block():
                pass

    draw = random.Random(0)
    for _ in range(1_000):
        with pytest.raises(KeyboardInterrupt):
            come_and_go_until(draw.uniform(1e-5, 0.004))
        gc.collect(0)  # the traceback, which pytest keeps in a circle
        assert state() == several
    assert can_enter_elsewhere()


def test_interrupted_twice_it_is_mended_by_the_next_that_leaves(several):
    """Both attempts to leave fail; what is inside ends with its block, not with its leaving."""

    def leave_badly(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_leave", leave_badly)
        with contextlib.suppress(KeyboardInterrupt), process.one_thread():
            pass
    assert set(pools().values()) == {1}
    with process.one_thread(), warnings.catch_warnings():
        pass
    assert state() == several
