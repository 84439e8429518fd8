"""Checks are kind: whatever a student's function does, the answer is short and the kernel lives."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from answers import right

from imagegroup import teach
from imagegroup.teach.checking import SECONDS


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEGROUP_PREDICTIONS", str(tmp_path / "record.jsonl"))
    monkeypatch.setattr("imagegroup.teach.checking._failures", {})
    return tmp_path / "record.jsonl"


CHECKS = [getattr(teach, name) for name in teach.__all__ if name.startswith("check_")]


def unwritten(*arguments):
    raise NotImplementedError("write me")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("nothing", [None, ..., lambda *a: None, lambda *a: ..., unwritten])
def test_what_is_not_written_yet_is_not_attempted(check, nothing, record):
    result = check(nothing)
    assert (result.outcome, result.passed, result.id) == ("not attempted", False, "")
    assert "○ not attempted" in result._repr_html_()
    assert not record.exists()


def fails(*arguments):
    return {}["no such key"]


def leaves(*arguments):
    sys.exit(3)


def recurses(*arguments):
    return recurses(*arguments)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("function", [fails, leaves, recurses, lambda: 1, 5])
def test_exceptions_are_told_in_one_line(check, function):
    result = check(function)
    assert result.outcome == "stopped"
    assert "\n" not in result.message
    assert "Traceback" not in result.message
    assert len(result.message) < 420
    assert "■ stopped" in result._repr_html_()


def test_an_exception_names_its_line():
    result = teach.check_hamming(fails)
    assert "raised KeyError: 'no such key' in its line 2" in result.message
    assert "It is called as hamming(a, b) -> int" in result.message


def test_an_exception_on_a_special_input_is_traced_to_its_property():
    def picky(bits, vocabulary):
        if not len(bits):
            raise ValueError("no descriptors")
        return right.vlad(bits, vocabulary)

    result = teach.check_vlad(picky)
    assert (result.outcome, result.id) == ("stopped", "M8")
    assert "raised ValueError: no descriptors in its line 3" in result.message
    assert "A plain photo may have no keypoint at all" in result.message


class Odd:
    def __array__(self, *arguments, **more):
        raise RuntimeError("no array of me")

    def __repr__(self):
        raise RuntimeError("no words for me")


ODD = ["text", b"bytes", {}, [], [[1, 2], [3]], np.zeros((3, 3, 3)), np.zeros(7), 1j, Odd(), {1: 2},
       object(), np.array(["a"]), [None], np.nan, float("inf"), 10**5000, -1, 0.5, Odd]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_odd_values_are_wrong_and_told_kindly(check, value):
    result = check(lambda *arguments: value)
    assert result.outcome == "wrong"
    assert len(result.message) < 600
    assert "Traceback" not in result.message
    assert "wrong" in result._repr_html_()


def test_bytes_in_place_of_bits_are_traced_to_their_belief():
    result = teach.check_brief_bits(lambda patch, pairs: np.zeros(32, np.uint8))
    assert result.id == "M5"
    assert "32 numbers; expected 256 bits" in result.message


def test_help_grows_and_starts_again_after_a_right_answer():
    wrong = lambda a, b: int((a != b).sum())  # noqa: E731
    messages = [teach.check_hamming(wrong).message.split("\n") for _ in range(4)]
    assert [len(lines) for lines in messages] == [1, 2, 4, 4]
    assert messages[1][1].startswith("Hint: ")
    assert messages[2][2].startswith("Second hint: ")
    assert messages[2][3] == "A solution is in notebooks/solutions/03_orb.ipynb."
    assert len({lines[0] for lines in messages}) == 1
    assert len(teach.check_assign(lambda p, c: np.zeros(len(p))).message.split("\n")) == 1
    assert teach.check_hamming(right.hamming).passed
    assert len(teach.check_hamming(wrong).message.split("\n")) == 1


def test_the_hidden_inputs_cannot_be_changed():
    def zeroes(points, labels, centers):
        answer = right.update(points, labels, centers)
        points[:], labels[:], centers[:] = 0, 0, 0
        return answer

    assert teach.check_update(zeroes).passed


def test_the_result_drops_into_an_assert():
    result = teach.check_knee(lambda ks, values: ks[-1])
    with pytest.raises(AssertionError, match="Lower is not better"):
        assert result.passed, result.message


def test_what_a_function_returned_is_escaped():
    page = teach.check_hamming(lambda a, b: "<script>")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def endless(*arguments):
    while True:
        pass


def endless_with_bare_except(*arguments):
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722
            pass


def asleep(*arguments):
    time.sleep(600)


def one_by_one(*arguments):
    while True:
        yield 1


@pytest.mark.slow
@pytest.mark.parametrize("function", [endless, endless_with_bare_except, asleep, one_by_one])
def test_an_endless_function_is_stopped_in_time(function):
    began = time.monotonic()
    result = teach.check_assign(function)
    assert time.monotonic() - began < SECONDS + 1
    assert result.outcome == "stopped"
    assert f"{function.__name__} did not return: stopped after 2." in result.message
    assert teach.check_assign(right.assign).passed


@pytest.mark.slow
def test_a_long_numpy_call_ends_first_and_is_told():
    def heavy(points, centers):
        sum(itertools.repeat(1, 400_000_000))  # runs in C and looks for no interrupt, as NumPy does
        return right.assign(points, centers)

    result = teach.check_assign(heavy)
    assert result.outcome == "stopped"
    assert "One long NumPy call cannot be stopped, it ended first." in result.message
    assert teach.check_assign(right.assign).passed


def test_off_the_main_thread_it_says_that_there_is_no_limit():
    results = []
    thread = threading.Thread(target=lambda: results.append(teach.check_hamming(right.hamming)))
    thread.start()
    thread.join()
    assert results[0].passed
    assert "Not in the main thread: there was no time limit" in results[0].message


KERNEL = """
import time
from imagegroup import teach

def endless(a, b):
    while True:
        try:
            while True:
                pass
        except:
            pass

began = time.monotonic()
result = teach.check_hamming(endless)
print(result.outcome, time.monotonic() - began < 3)
"""


@pytest.mark.slow
def test_a_kernel_is_usable_after_an_endless_loop(record):
    import nbformat
    from nbclient import NotebookClient

    asked = 'teach.predict("M14")'
    cells = [KERNEL, "time.sleep(0.3); print(6 * 7)", "teach.check_hamming(lambda a, b: 0)", asked]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=60).execute()
    assert book.cells[0].outputs[0].text == "stopped True\n"
    assert book.cells[1].outputs[0].text == "42\n"
    assert "✗ wrong" in book.cells[2].outputs[0].data["text/html"]
    assert "<details>" in book.cells[3].outputs[0].data["text/html"]
    assert "no guess yet" in book.cells[3].outputs[0].data["text/plain"]


@pytest.mark.slow
def test_matplotlib_waits_until_a_picture_is_drawn():
    script = (
        "import sys; from imagegroup import teach\n"
        "result = teach.check_fast_test(lambda d, t: True)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "assert '<img' in result._repr_html_()\n"
        "assert 'matplotlib' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
