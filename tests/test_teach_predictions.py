"""Guesses are kept at once, on this machine, in a file that the reader owns."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from imagegroup import teach
from imagegroup.teach.record import append_record, latest_guess, read_records

IDS = [f"M{number}" for number in range(1, 16)]


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEGROUP_PREDICTIONS", str(tmp_path / "kept" / "record.jsonl"))
    return tmp_path / "kept" / "record.jsonl"


def test_the_list_has_fifteen_complete_entries():
    assert [m.id for m in teach.MISCONCEPTIONS] == IDS
    for m in teach.MISCONCEPTIONS:
        assert m.right in m.choices
        assert len(set(m.choices)) == len(m.choices) >= 3
        assert m.question.count("?") >= 1
        assert len(m.answer) > 40


@pytest.mark.parametrize("m", teach.MISCONCEPTIONS, ids=IDS)
def test_each_names_a_section_that_exists(m):
    number, section = re.fullmatch(r"notebook (\d\d), (.+)", m.where).groups()
    (path,) = (Path(__file__).parents[1] / "notebooks").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert f"## {section}" in text.replace("`", "")


def test_a_click_is_kept_at_once_and_shown_beside_the_outcome(record):
    asked = teach.predict("M14")
    assert asked.guess is None
    assert not record.exists()
    asked.buttons.value = "in about half"
    assert "Recorded: in about half" in asked.status.text
    asked.buttons.value = "in nearly all"
    assert [r["guess"] for r in read_records()] == ["in about half", "in nearly all"]
    told = teach.outcome("M14", "52 of 54 <clouds>")
    guess, came_out, why = str(told).split("\n")
    assert guess == "M14 · Your guess: in nearly all"
    assert came_out == "What came out: 52 of 54 <clouds>"
    assert why == teach.find_misconception("M14").answer
    assert "Your last guess: in nearly all." in teach.predict("M14").status.text
    assert "52 of 54 &lt;clouds&gt;" in told._repr_html_()


def test_without_a_guess_nothing_waits():
    assert "no guess yet" in repr(teach.predict("M1"))
    assert "No guess recorded." in str(teach.outcome("M1", 9))


def test_a_page_without_a_kernel_has_question_choices_and_folded_answer():
    for m in teach.MISCONCEPTIONS:
        bundle = teach.predict(m.id)._repr_mimebundle_()
        page = bundle["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert page.count("<li>") == len(m.choices)
        before, folded = page.split("<details>")
        assert html.escape(m.answer) in folded
        assert html.escape(m.answer) not in before
        assert "<script" not in page


@pytest.mark.parametrize(
    "arguments",
    [{"id": "M16"}, {"id": "M1", "guess": "maybe"}, {"id": "M1", "choices": ["yes", "perhaps"]}],
)
def test_what_cannot_be_asked_is_refused_in_words(arguments):
    with pytest.raises(ValueError, match="expected"):
        teach.predict(**arguments)


def test_a_torn_line_spoils_no_other(record):
    teach.predict("M1", guess="no")
    with open(record, "ab") as file:
        file.write(b'{"do": "guess", "id": "M2", "gue')
    assert len(read_records()) == 1
    teach.predict("M3", guess="29")
    assert [r["id"] for r in read_records()] == ["M1", "M3"]
    with open(record, "ab") as file:
        file.write(b"\xff\xfe\n[1]\n7\n{}\n")
    assert len(read_records()) == 2


def test_a_deleted_record_begins_anew(record):
    teach.predict("M1", guess="no")
    teach.predictions_file().unlink()
    assert latest_guess("M1") is None
    teach.predict("M1", guess="no")
    assert latest_guess("M1") == "no"


def test_a_record_that_cannot_be_written_is_told_and_stops_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    asked = teach.predict("M1", guess="no", path=tmp_path / "folder")
    assert "cannot be written" in asked.status.text
    assert not append_record({"do": "guess"}, tmp_path / "folder")
    with pytest.raises(ValueError, match="folder"):
        read_records(tmp_path / "folder")


def test_a_guess_is_on_the_disk_before_it_is_said_to_be_recorded(monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda number: synced.append(len(read_records())))
    assert "Recorded" in teach.predict("M1", guess="no").status.text
    assert synced == [1]


WRITER = """
import sys
from imagegroup import teach
for number in range(10**6):
    teach.predict("M1", guess=teach.find_misconception("M1").choices[number % 3])
    print(number, flush=True)
"""


def test_what_was_recorded_survives_a_killed_process(record):
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    said = -1
    while said < 20:
        said = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    child.wait()
    said = max([said, *map(int, child.stdout.read().split())])
    child.stdout.close()
    assert len(read_records()) >= said + 1
    assert teach.outcome("M1", "no").guess is not None


def test_the_record_holds_no_names_or_paths(record):
    teach.predict("M1", guess="no")
    teach.check_hamming(lambda a, b: 0)
    teach.check_knee(lambda ks, values: Path("/no/such/secret").read_text())
    assert [sorted(r) for r in read_records()] == [
        ["do", "guess", "id"],
        *[["check", "do", "id", "outcome"]] * 2,
    ]
    assert "secret" not in record.read_text()


def test_where_the_record_lies(monkeypatch, tmp_path):
    assert teach.predictions_file(tmp_path / "mine") == tmp_path / "mine"
    monkeypatch.delenv("IMAGEGROUP_PREDICTIONS")
    assert teach.predictions_file().name == "predictions.jsonl"
    assert "imagegroup" in teach.predictions_file().parts


def test_a_class_in_one_table(tmp_path):
    for student in range(30):
        path = tmp_path / f"{student}.jsonl"
        teach.predict("M14", guess="in nearly all" if student % 3 else "in about half", path=path)
        teach.predict("M14", guess="in nearly all", path=path)  # after the figure: does not count
        for _ in range(student % 2 * 3):
            append_record({"do": "check", "check": "hamming", "id": "M5", "outcome": "wrong"}, path)
        append_record({"do": "check", "check": "knee", "id": "", "outcome": "stopped"}, path)
    table = teach.summary(tmp_path.glob("*.jsonl"))
    assert table.index.tolist() == IDS
    assert table.loc["M14", ["guessed", "wrong", "failed"]].tolist() == [30, 10, 0]
    assert table.loc["M5", ["guessed", "wrong", "failed"]].tolist() == [0, 0, 15]
    assert table[["guessed", "wrong", "failed"]].sum().sum() == 55
    with pytest.raises(ValueError, match=r"gone\.jsonl: no such file"):
        teach.summary([tmp_path / "gone.jsonl"])
