"""A call that never returns is left, whatever it catches; the reader's own Ctrl-C still works."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

import pytest

from imagegroup.teach.limits import OutOfTime, call_within


def work():
    return sum(range(200_000))


def nested():
    while True:
        try:
            try:
                try:  # noqa: SIM105
                    work()
                except:  # noqa: E722
                    pass
            except:  # noqa: E722
                pass
        except:  # noqa: E722
            continue


def in_finally():
    while True:
        try:
            while True:
                pass
        finally:
            continue  # noqa: B012


def breaks_out():
    try:
        while True:
            work()
    except:  # noqa: E722
        return "caught"


@pytest.mark.parametrize("function", [nested, in_finally, breaks_out, lambda: time.sleep(60)])
def test_it_is_left_in_time(function):
    before = signal.getsignal(signal.SIGINT)
    began = time.monotonic()
    with pytest.raises(OutOfTime):
        call_within(0.2, function)
    assert time.monotonic() - began < 1
    assert signal.getsignal(signal.SIGINT) is before


def test_no_interrupt_comes_late():
    for _ in range(100):
        with contextlib.suppress(OutOfTime):
            call_within(0.002, lambda: time.sleep(0.002))
        sum(range(1000))
    time.sleep(0.1)


def test_values_and_exceptions_pass():
    assert call_within(5, lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        call_within(5, lambda: 1 / 0)


def test_the_readers_own_interrupt_passes():
    main = threading.main_thread().ident
    timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call_within(30, lambda: time.sleep(60))
