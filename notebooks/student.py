"""Write the course for a class, without solutions and outputs: what `make student` calls.

Notebooks that lie in the target already are written anew. `python notebooks/student.py FOLDER`
writes elsewhere.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor

FOLDER = Path(__file__).parent
OUT = FOLDER.parent / "out" / "student"
LINK_OUT_OF_THE_FOLDER = re.compile(r"\[([^]]+)\]\(\.\./[^)]*\)")


def write_course(out: Path) -> list[Path]:
    """Write each notebook of the course without outputs; solutions lie elsewhere and stay there."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook, _ = ClearOutputPreprocessor().preprocess(notebook, {})
        for cell in notebook.cells:
            if cell.cell_type == "markdown":  # what lies beside the notebooks is not handed out
                cell.source = LINK_OUT_OF_THE_FOLDER.sub(r"\1", cell.source)
        nbformat.write(notebook, out / path.name)
        written.append(out / path.name)
    shutil.copy2(FOLDER / "own_features.py", out)  # notebook 11 imports it
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    print(f"{len(write_course(target))} notebooks in {target}")
