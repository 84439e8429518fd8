"""The teaching kit in the notebooks: predictions, exercises, solutions, the student's copy."""

from __future__ import annotations

import ast
import html
import inspect
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from imagegroup import teach
from imagegroup.teach.checking import Exercise, Property

ROOT = Path(__file__).resolve().parents[1]
COURSE = {
    path.stem: nbformat.read(path, as_version=4).cells
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
}
SOLUTIONS = {
    path.stem: nbformat.read(path, as_version=4).cells
    for path in sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
}
NUMBERS = ("02", "03", "04", "05", "06", "07", "09", "10")
WITH_EXERCISES = [name for name in COURSE if name.startswith(NUMBERS)]
CHECKS = [name for name in teach.__all__ if name.startswith("check_")]
with_exercises = pytest.mark.parametrize("name", WITH_EXERCISES)


def is_exercise(cell):
    return "exercise" in cell.metadata.get("tags", [])


def code_of(cells):
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def prose_of(cells):
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def shown(cell):
    data = [output.get("data", {}) for output in cell.outputs]
    pages = ["".join(d.get("text/html", d.get("text/plain", ""))) for d in data]
    return html.unescape("".join(pages))


def function_of(cell):
    """Give the one function that an exercise's cell defines."""
    [function] = ast.parse(cell.source).body
    assert isinstance(function, ast.FunctionDef)
    return function


def exercises(cells):
    return [function_of(cell) for cell in cells if is_exercise(cell)]


def place_of(cells, call, id):
    """Find the cell that calls `teach.predict` or `teach.outcome` for an id."""
    pattern = rf'teach\.{call}\(\s*"{id}"'
    [place] = [
        i for i, c in enumerate(cells) if c.cell_type == "code" and re.search(pattern, c.source)
    ]
    return place


def notebook_of(where):
    """Name the notebook of "notebook 02, Nine in a row, not nine anywhere", and the section."""
    number, section = re.fullmatch(r"notebook (\d\d), (.+)", where).groups()
    [name] = [name for name in COURSE if name.startswith(number)]
    return name, section


@pytest.mark.parametrize("asked", teach.MISCONCEPTIONS, ids=lambda m: m.id)
def test_each_belief_is_predicted_pictured_and_compared(asked):
    name, section = notebook_of(asked.where)
    cells = COURSE[name]
    before, after = (place_of(cells, call, asked.id) for call in ("predict", "outcome"))
    between = cells[before + 1 : after]
    assert f"## {section}\n" in prose_of(between).replace("`", "")
    assert any("<img" in shown(cell) for cell in between if cell.cell_type == "code")
    told = ast.parse(cells[after].source).body[-1].value.args[1]
    assert any(isinstance(node, ast.Name) for node in ast.walk(told)), "no live value"
    assert "What came out" in shown(cells[after])
    assert asked.question in shown(cells[before])
    assert f"<details><summary>The answer</summary><p>{asked.answer}" in shown(cells[before])


def test_there_are_fifteen_of_them():
    asked = re.findall(r'teach\.predict\("(M\d+)"', "\n".join(map(code_of, COURSE.values())))
    assert {m.id for m in teach.MISCONCEPTIONS} == set(asked)
    assert len(set(asked)) == 15


def test_each_of_them_is_behind_a_message_of_a_check():
    modules = [inspect.getmodule(getattr(teach, check)) for check in CHECKS]
    kept = [v for module in modules for v in vars(module).values() if isinstance(v, Property)]
    assert {m.id for m in teach.MISCONCEPTIONS} == {property.belief for property in kept}


def test_every_prediction_has_an_outcome_after_it():
    for name, cells in COURSE.items():
        calls = re.findall(r'teach\.(predict|outcome)\(\s*"(M\d+)"', code_of(cells))
        for id in {id for _, id in calls}:
            assert [call for call, other in calls if other == id] == ["predict", "outcome"], name


def test_no_stored_output_holds_a_guess():
    for cells in COURSE.values():
        for cell in cells:
            if cell.cell_type == "code" and "teach.outcome" in cell.source:
                assert "No guess recorded." in shown(cell)


@with_exercises
def test_each_has_a_checked_exercise_that_waits_to_be_written(name):
    cells = COURSE[name]
    places = [i for i, cell in enumerate(cells) if is_exercise(cell)]
    assert places
    for place in places:
        function = function_of(cells[place])
        assert len(ast.get_docstring(function).splitlines()) == 1
        assert ast.unparse(function.body[1:]) == "..."
        check = next(cell for cell in cells[place + 1 :] if cell.cell_type == "code")
        assert function.name in check.source
        assert "not attempted" in shown(check)


@with_exercises
def test_each_has_an_open_exercise_with_three_lines_to_judge_it_by(name):
    [task] = [c.source for c in COURSE[name] if "On your own photos (open)" in c.source]
    assert task.count("\n- ") == 3


def test_at_least_ten_functions_are_checked_each_in_one_place():
    called = re.findall(r"teach\.(check_\w+)\(", "\n".join(map(code_of, COURSE.values())))
    assert sorted(called) == sorted(CHECKS)
    assert len(called) >= 10


def test_every_notebook_with_exercises_has_its_solutions():
    assert list(SOLUTIONS) == WITH_EXERCISES


@with_exercises
def test_solutions_solve_all_exercises_of_their_notebook(name, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEGROUP_PREDICTIONS", str(tmp_path / "guesses.jsonl"))
    asked = {f.name: (ast.unparse(f.args), ast.get_docstring(f)) for f in exercises(COURSE[name])}
    solved = {
        f.name: (ast.unparse(f.args), ast.get_docstring(f)) for f in exercises(SOLUTIONS[name])
    }
    assert asked == solved
    names = {}
    exec(code_of(SOLUTIONS[name]), names)  # its asserts hold, or this fails
    for check in re.findall(r"teach\.(check_\w+)\(", code_of(COURSE[name])):
        called = re.search(rf"teach\.{check}\((\w+)\)", code_of(SOLUTIONS[name])).group(1)
        assert getattr(teach, check)(names[called], seed=99).passed


@pytest.mark.parametrize("check", CHECKS)
def test_messages_point_to_a_solution_that_is_there(check):
    module = inspect.getmodule(getattr(teach, check))
    [exercise] = [value for value in vars(module).values() if isinstance(value, Exercise)]
    assert (ROOT / exercise.solution).is_file()
    assert f"teach.{check}(" in code_of(SOLUTIONS[Path(exercise.solution).stem])
    assert f"teach.{check}(" in code_of(COURSE[Path(exercise.solution).stem])


def test_students_are_led_to_no_solution():
    for cells in COURSE.values():
        assert "solutions" not in code_of(cells) + prose_of(cells)


def test_the_copy_for_students(tmp_path):
    out = tmp_path / "student"
    script = ROOT / "notebooks" / "student.py"
    run = subprocess.run([sys.executable, script, out], capture_output=True, text=True, check=True)
    assert run.stdout.startswith(f"{len(COURSE)} notebooks in ")
    written = sorted(out.glob("*.ipynb"))
    assert [path.stem for path in written] == sorted(COURSE)
    assert {path.name for path in out.iterdir()} - {p.name for p in written} == {"own_features.py"}
    for path in written:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert [c.id for c in notebook.cells] == [c.id for c in COURSE[path.stem]]
        for cell in notebook.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
        assert len(exercises(notebook.cells)) == len(exercises(COURSE[path.stem]))
        for target in re.findall(r"\]\(([\w./-]+)\)", prose_of(notebook.cells)):
            assert (out / target).is_file(), target
