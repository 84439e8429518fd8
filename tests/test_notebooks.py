"""Notebooks: their rules, and a run from top to bottom in a fresh kernel."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))


def name_of(path):
    return path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()


all_notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
with_solutions = pytest.mark.parametrize("path", NOTEBOOKS + SOLUTIONS, ids=name_of)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS[0].stem == "00_quickstart"


@with_solutions
def test_cells_are_short_and_define_nothing(path):
    cells = code_cells(read(path))
    lengths = [len(c.source.splitlines()) for c in cells]
    assert max(lengths) <= 12
    assert sorted(lengths)[len(lengths) // 2] <= 5
    assert min(lengths) > 0
    for cell in cells:
        if "exercise" not in cell.metadata.get("tags", []):
            assert not re.search(r"^\s*(def|class|async def) |lambda", cell.source, re.MULTILINE)


@all_notebooks
def test_each_asks_a_question_and_ends_with_check_and_summary(path):
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert re.match(r"# \d\d · .*\?", cells[0].source)
    assert "minutes" in cells[0].source
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert "## Check" in text
    assert "## Summary" in text


@with_solutions
def test_every_code_cell_follows_a_sentence(path):
    for before, cell in itertools.pairwise(read(path).cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", cell.source


@with_solutions
def test_headings_are_in_order(path):
    prose = [c.source for c in read(path).cells if c.cell_type == "markdown"]
    levels = [len(marks) for marks in re.findall(r"^(#+) ", "\n".join(prose), re.MULTILINE)]
    assert levels.count(1) == 1 == levels[0]
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))


@with_solutions
def test_links_lead_somewhere(path):
    for cell in read(path).cells:
        for target in re.findall(r"\]\(([\w./-]+)\)", cell.source):
            assert (path.parent / target).exists(), target


@with_solutions
def test_outputs_are_committed_small_and_clean(path):
    assert path.stat().st_size < 500_000
    notebook = read(path)
    counts = [c.execution_count for c in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run it from top to bottom: make notebooks"
    outputs = [o for c in code_cells(notebook) for o in c.outputs]
    assert outputs
    for output in outputs:
        assert output.output_type != "error"
        data = output.get("data", {})
        assert "application/vnd.jupyter.widget-view+json" not in data
        assert "image/png" not in data, "finish figures with plots.picture: it carries the alt text"
        for image in re.findall(r"<img[^>]*>", "".join(data.get("text/html", ""))):
            assert re.search(r'alt="[^"]{15,}"', image), image[-80:]
        assert str(Path.home()) not in str(output)
        assert str(ROOT) not in str(output)


QUICK = {"00_quickstart", "02_fast", "09_export"}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, marks=[] if name_of(p) in QUICK else pytest.mark.slow)
        for p in NOTEBOOKS + SOLUTIONS
    ],
    ids=name_of,
)
def test_runs_in_a_fresh_kernel(path, tmp_path):
    notebook = read(path)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    places = dict.fromkeys(("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"), str(tmp_path))
    places["IMAGEGROUP_PREDICTIONS"] = str(tmp_path / "predictions.jsonl")
    client.execute(env={**os.environ, **places})
    assert all(o.output_type != "error" for c in code_cells(notebook) for o in c.outputs)
