"""Only the export, journal, cache, album, report, guesses and command line may write or delete."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "imagegroup"
MAY_WRITE = {
    "staging.py",
    "export.py",
    "cache.py",
    "samples.py",
    "cli.py",
    "journal.py",
    "sweep_rows.py",
}
MAY_WRITE |= {"report.py", "uploads.py", "teach/record.py"}
MAY_STAGE = {"export.py", "manifest.py", "journal.py", "sweep_rows.py"}
"""What may use the functions of staging.py that write."""

OS = "remove unlink rmdir removedirs rename renames replace truncate ftruncate write pwrite chmod"
OS += " fchmod lchmod chown fchown lchown utime link symlink mkfifo mknod sendfile copy_file_range"
SHUTIL = "rmtree move copy copy2 copyfile copyfileobj copymode copystat copytree"
NUMPY = "save savez savez_compressed savetxt memmap"
FUNCTIONS = {
    *(f"os.{name}" for name in OS.split()),
    *(f"shutil.{name}" for name in SHUTIL.split()),
    *(f"numpy.{name}" for name in NUMPY.split()),
    *(f"cv2.{name}" for name in ("imwrite", "imwritemulti", "imwriteanimation", "VideoWriter")),
    *("os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.Popen"),
    *("os.O_WRONLY", "os.O_RDWR", "os.O_CREAT", "os.O_TRUNC", "os.O_APPEND"),
}
METHODS = {"write_text", "write_bytes", "unlink", "rmdir", "touch", "tofile"}
METHODS |= {"hardlink_to", "symlink_to"}
SAVING = {"savefig", "imsave", "to_csv", "to_json", "to_excel", "to_pickle", "to_parquet"}
"""Harmless with an `io.BytesIO` as first argument, or without any."""
ONE_ARGUMENT = {"rename", "replace"}
"""Of a Path; with two arguments `replace` is that of a str."""


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Give what each imported name stands for: `np` -> numpy, `rm` -> os.remove."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                names[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Give the full name of an expression such as `np.save`, "" when it is no name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        start = dotted(node.value, names)
        return f"{start}.{node.attr}" if start else ""
    return ""


def in_memory(tree: ast.AST, names: dict[str, str]) -> set[str]:
    """Give the variables that hold an `io.BytesIO` or `io.StringIO`."""
    made = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    kinds = ("io.BytesIO", "io.StringIO")
    return {
        target.id
        for node in made
        if isinstance(node.value, ast.Call) and dotted(node.value.func, names) in kinds
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def opens_for_writing(call: ast.Call, name: str) -> bool:
    """Tell whether a call of `open` has a mode that is not plainly a reading one."""
    is_builtin = isinstance(call.func, ast.Name) and call.func.id == "open"
    is_function = is_builtin or name in ("io.open", "os.fdopen", "codecs.open", "gzip.open")
    if not is_function and not (isinstance(call.func, ast.Attribute) and call.func.attr == "open"):
        return False
    if name == "os.open":
        return False  # its flags are looked at wherever they are
    place = 1 if is_function else 0
    modes = [word.value for word in call.keywords if word.arg == "mode"] + call.args[place:][:1]
    if not modes:
        return False
    mode = modes[0].value if isinstance(modes[0], ast.Constant) else "+"
    return not isinstance(mode, str) or bool(set(mode) & set("wax+"))


def writes(source: str) -> list[str]:
    """Give every place in a source that could write, rename or delete, or start a program."""
    tree = ast.parse(source)
    names, found = imported_names(tree), []
    memory = in_memory(tree, names)
    for node in ast.walk(tree):
        name = dotted(node, names) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if name in FUNCTIONS:
            found.append(f"{node.lineno}: {name}")
        if not isinstance(node, ast.Call):
            continue
        if opens_for_writing(node, dotted(node.func, names)):
            found.append(f"{node.lineno}: open for writing")
        if isinstance(node.func, ast.Attribute) and not dotted(node.func, names):
            method, target = node.func.attr, node.args[0] if node.args else None
            one = len(node.args) == 1 and not node.keywords and method in ONE_ARGUMENT
            to_memory = isinstance(target, ast.Name) and target.id in memory
            saves = method in SAVING and (target or node.keywords) and not to_memory
            if one or saves or method in METHODS:
                found.append(f"{node.lineno}: .{method}()")
    return found


FLAGGED = [
    "import os\nos.remove('a')",
    "import os as o\no.rename('a', 'b')",
    "from os import unlink as gone\ngone('a')",
    "from shutil import rmtree\nrmtree('a')",
    "import shutil\nf = shutil.move",
    "import numpy as np\nnp.savez('a', x=1)",
    "import cv2\ncv2.imwrite('a.png', image)",
    "open('a', 'w')",
    "open('a', mode='ab')",
    "open('a', 'r+')",
    "open('a', mode)",
    "path.open('x')",
    "import os\nos.open('a', os.O_RDWR)",
    "path.write_text('a')",
    "(folder / 'a').unlink()",
    "path.replace(other)",
    "path.rename('b')",
    "array.tofile('a')",
    "figure.savefig('a.png')",
    "figure.savefig(fname='a.png')",
    "table.to_csv(path)",
    "import subprocess\nsubprocess.run(['rm', 'a'])",
]
PLAIN = [
    "open('a')",
    "open('a', 'rb')",
    "path.open('rb', buffering=0)",
    "import os\nos.open('a', os.O_RDONLY)",
    "text.replace('a', 'b')",
    "import dataclasses\ndataclasses.replace(recipe, k=3)",
    "table.rename(columns={'a': 'b'})",
    "values.remove(3)",
    "import numpy as np\nnp.load('a', allow_pickle=False)",
    "path.read_bytes()",
    "import io\ndata = io.BytesIO()\nfigure.savefig(data)",
    "text = table.to_csv()",
]


@pytest.mark.parametrize("source", FLAGGED)
def test_what_writes_is_found(source):
    assert writes(source)


@pytest.mark.parametrize("source", PLAIN)
def test_what_only_reads_is_not(source):
    assert writes(source) == []


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_nothing_else_writes(path):
    if path.relative_to(PACKAGE).as_posix() not in MAY_WRITE:
        assert writes(path.read_text("utf-8")) == []


def test_all_writing_of_the_export_is_in_one_file():
    assert writes((PACKAGE / "staging.py").read_text("utf-8"))
    flags = writes((PACKAGE / "export.py").read_text("utf-8"))
    assert {flag.split(": ")[1] for flag in flags} <= {"os.O_WRONLY", "os.O_CREAT", "os.O_APPEND"}
    harmless = {"ExportError", "PlanVoid", "hash_file"}
    for path in PACKAGE.rglob("*.py"):
        names = set(imported_names(ast.parse(path.read_text("utf-8"))).values())
        used = {name.split(".")[-1] for name in names if name.startswith("imagegroup.staging")}
        assert used <= harmless or path.name in MAY_STAGE, path.name
