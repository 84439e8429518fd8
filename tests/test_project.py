"""The house keeps its own rules."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "imagegroup"
FILES = sorted(PACKAGE.rglob("*.py"))
ORDER = (
    re.search(r"in this order: `([^`]+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    .group(1)
    .split()
)
CORE = ORDER[: ORDER.index("export") + 1]
COMPUTE = ORDER[: ORDER.index("plots")]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_are_documented(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def test_every_file_has_its_place_in_the_order():
    files = {p.stem for p in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    packages = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert files | packages == set(ORDER) | {"scratch"}


@pytest.mark.parametrize("name", ORDER)
def test_a_file_imports_only_from_those_above_it(name):
    paths = [PACKAGE / f"{name}.py", *(PACKAGE / name).glob("*.py")]
    above = set(ORDER[: ORDER.index(name)]) | {name}
    if ORDER.index(name) > ORDER.index("export"):  # the core never imports the reading course
        above |= {"scratch"}
    for path in filter(Path.exists, paths):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("imagegroup"):
                parts = node.module.split(".")
                imported = {parts[1]} if len(parts) > 1 else {a.name for a in node.names}
                assert imported & {*ORDER, "scratch"} <= above, path


def test_the_core_works_alone():
    script = (
        "import sys\n"
        + "\n".join(f"import imagegroup.{name}" for name in CORE)
        + "\nours = {m.split('.')[1] for m in sys.modules if m.startswith('imagegroup.')}\n"
        + f"assert ours == set({CORE!r}), ours\n"
        + "late = {'matplotlib', 'sklearn', 'pandas', 'IPython', 'ipywidgets', 'scipy'}\n"
        + "assert not late & set(sys.modules), late & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("name", COMPUTE)
def test_what_computes_draws_nothing(name):
    assert not re.search(r"import matplotlib|from matplotlib", (PACKAGE / f"{name}.py").read_text())


def test_environment_yml_equals_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {*project["dependencies"], "python" + project["requires-python"]}
    lines = (ROOT / "environment.yml").read_text().split("dependencies:")[1].splitlines()
    listed = {line.strip()[2:] for line in lines if line.strip().startswith("- ")}
    assert listed - {"pip", "pip:", "-e ."} == wanted


def test_each_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    for line in re.findall(r'^    "[a-z].*$', text, re.MULTILINE):
        if ">=" in line:
            assert "#" in line, line


@pytest.mark.parametrize("command", [["format", "--check"], ["check"]])
def test_ruff(command):
    result = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_nothing_unfinished_and_no_foreign_paths():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    forbidden = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "/ro" + "ot/", "/ho" + "me/"]))
    for name in listed.stdout.split():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yml", ".ipynb", ".js", ".css"}:
            found = forbidden.search(path.read_text())
            assert not found, f"{name}: {found.group()}"


def test_versions_agree():
    import imagegroup

    assert f"## {imagegroup.__version__}" in (ROOT / "CHANGELOG.md").read_text()
