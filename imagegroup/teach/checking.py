"""Try a student's function on hidden inputs and say, kindly, which property it breaks."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from types import GeneratorType

import numpy as np

from imagegroup import process
from imagegroup.teach.limits import OutOfTime, call_within, can_interrupt
from imagegroup.teach.misconceptions import find_misconception
from imagegroup.teach.record import append_record
from imagegroup.teach.result import CheckResult

SECONDS = 2.0
"""For all inputs of a check together."""


class Misread(Exception):
    """What was returned cannot be read as an answer; `belief` is the id behind it, if any."""

    def __init__(self, words: str, belief: str = "") -> None:
        super().__init__(words)
        self.belief = belief


@dataclass(frozen=True)
class Property:
    """What every right answer keeps.

    Attributes
    ----------
    belief : str, id of the misconception that breaks it
    says : str, the property as a sentence
    hint, second_hint : str
    """

    belief: str
    says: str
    hint: str
    second_hint: str


@dataclass(frozen=True, eq=False)
class Case:
    """One hidden input; `shown` names it in words, `kept` is what a wrong answer breaks."""

    arguments: tuple
    expected: object
    shown: str
    kept: Property


@dataclass(frozen=True, eq=False)
class Exercise:
    """One function that a student writes.

    Attributes
    ----------
    name : str, such as "fast_test"
    call : str, how the function is called, as the student is told
    read : callable (returned, case) -> value; raises `Misread`
    differs : callable (value, case) -> what was returned at the place that is wrong, or None
    solution : str, path of the notebook with a solution
    draw : callable (value, case) -> Picture, or None
    blame : callable (value, case) -> Property
        Of several that a wrong answer to this case may break; by default the case's own.
    """

    name: str
    call: str
    read: Callable[[object, Case], object]
    differs: Callable[[object, Case], str | None]
    solution: str
    draw: Callable[[object, Case], object] | None = None
    blame: Callable[[object, Case], Property] = lambda value, case: case.kept


_failures: dict[str, int] = {}


def run_check(exercise: Exercise, cases: list[Case], function: Callable | None) -> CheckResult:
    """Call the function on every case within the time limit, then judge what it returned.

    Parameters
    ----------
    exercise : Exercise
    cases : list of Case
        Simple ones first: the first that fails is the one told about.
    function : callable, None or ...

    Returns
    -------
    CheckResult
    """
    if function is None or function is ...:
        return _not_attempted(exercise)
    returned: list[object] = []
    began = time.monotonic()
    try:
        # Threads wait for each other on a busy machine, and a right answer runs out of time.
        with process.one_thread():
            call_within(SECONDS, partial(_call_all, function, cases, returned))
    except KeyboardInterrupt:
        raise  # the reader's own
    except NotImplementedError:
        return _not_attempted(exercise)
    except OutOfTime:
        case = cases[min(len(returned), len(cases) - 1)]
        words = _tell_time(time.monotonic() - began)
        return _fail(exercise, "stopped", case, function, words)
    except BaseException as error:
        case = cases[len(returned)]
        words = _tell_error(error, function, exercise)
        # One that did well on simpler inputs stopped because of what is special in this one.
        return _fail(exercise, "stopped", case, function, words, case.kept if returned else None)
    if all(value is None or value is ... for value in returned):
        return _not_attempted(exercise)
    return _judge(exercise, cases, function, returned)


def _call_all(function: Callable, cases: list[Case], returned: list[object]) -> None:
    for case in cases:
        # A copy: what the function does to its input must not reach the check.
        value = function(*deepcopy(case.arguments))
        is_lazy = isinstance(value, (map, zip, filter, GeneratorType))
        returned.append(list(value) if is_lazy else value)


def _judge(
    exercise: Exercise, cases: list[Case], function: Callable, returned: list[object]
) -> CheckResult:
    for case, value in zip(cases, returned, strict=True):
        try:
            read = exercise.read(value, case)
        except Misread as error:
            words = f"returned {error}. It is called as {exercise.call}."
            return _fail(exercise, "wrong", case, function, words, belief=error.belief)
        told = exercise.differs(read, case)
        if told is not None:
            drawable = exercise.draw and np.isfinite(read).all()
            draw = partial(exercise.draw, read, case) if drawable else None
            kept = exercise.blame(read, case)
            return _fail(exercise, "wrong", case, function, f"returned {told}.", kept, draw=draw)
    _failures.pop(exercise.name, None)
    append_record({"do": "check", "check": exercise.name, "id": "", "outcome": "right"})
    line = f"{exercise.name}: right on all {len(cases)} hidden inputs.{_unlimited()}"
    return CheckResult(exercise.name, "right", line)


def _not_attempted(exercise: Exercise) -> CheckResult:
    line = f"{exercise.name}: write {exercise.call}, then run this cell again."
    return CheckResult(exercise.name, "not attempted", line)


def _fail(
    exercise: Exercise,
    outcome: str,
    case: Case,
    function: Callable,
    words: str,
    kept: Property | None = None,
    belief: str = "",
    draw: Callable | None = None,
) -> CheckResult:
    """Record a failure and help more with each one in a row."""
    line = f"For {case.shown}, {_name(function)} {words}"
    if kept:
        belief, line = kept.belief, f"{line} {kept.says}"
    if belief:
        line += f" Look at {find_misconception(belief).where}. [{belief}]"
    failures = _failures[exercise.name] = _failures.get(exercise.name, 0) + 1
    append_record({"do": "check", "check": exercise.name, "id": belief, "outcome": outcome})
    lines = [line + _unlimited()]
    if failures > 1 and kept:
        lines.append(f"Hint: {kept.hint}")
    if failures > 2:
        if kept:
            lines.append(f"Second hint: {kept.second_hint}")
        lines.append(f"A solution is in {exercise.solution}.")
    return CheckResult(exercise.name, outcome, "\n".join(lines), belief, draw)


def _tell_time(seconds: float) -> str:
    words = f"did not return: stopped after {seconds:.1f} s, all inputs may take {SECONDS:g} s."
    if seconds > SECONDS + 0.5:
        words += " One long NumPy call cannot be stopped, it ended first."
    return f"{words} Look for a loop that never ends."


def _tell_error(error: BaseException, function: Callable, exercise: Exercise) -> str:
    text = " ".join(str(error).split())
    text = text if len(text) <= 120 else text[:117] + "..."
    code = getattr(function, "__code__", None)
    lines = [
        line - code.co_firstlineno + 1
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code is code
    ]
    at = f" in its line {lines[-1]}" if lines else ""
    return f"raised {type(error).__name__}: {text}{at}. It is called as {exercise.call}."


def _name(function: Callable) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "your function" if name == "<lambda>" else name


def _unlimited() -> str:
    return "" if can_interrupt() else " (Not in the main thread: there was no time limit.)"
