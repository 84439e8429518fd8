"""Run notebook 00 on a folder and leave its page beside the groups: what `make run` calls.

Reads FOLDER (empty: the sample album) and CALLED_FROM, the folder that a relative FOLDER is
meant from, from the environment.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import nbformat
import papermill
from write_html import as_html

from imagegroup.cli import given_path
from imagegroup.images import list_folder
from imagegroup.names import display_name

NOTEBOOK = Path(__file__).with_name("00_quickstart.ipynb")
OUT = Path(__file__).resolve().parents[1] / "out" / "quickstart"


def main() -> int:
    """Run the notebook, write the page, print where to look; 2 when the folder is unusable."""
    try:
        folder = wanted_folder()
    except OSError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 2
    OUT.parent.mkdir(parents=True, exist_ok=True)
    notebook = run(folder)
    groups = Path(text_of(notebook, "place"))
    page = groups.with_name("quickstart.html")
    if not page.exists():
        page.write_text(as_html(notebook, "00_quickstart"), encoding="utf-8")
    print(text_of(notebook, "sum"))
    print(f"the page:   {display_name(page)}\nthe groups: {display_name(groups)}")
    return 0


def wanted_folder() -> str:
    """Return FOLDER as an absolute path, or "" for the album; raise OSError if it has no files."""
    given = os.environ.get("FOLDER", "").strip()
    if not given:
        return ""
    os.chdir(os.environ.get("CALLED_FROM", "."))
    folder = given_path(given).resolve()
    if not list_folder(folder).paths:
        raise OSError(
            f"{display_name(folder)} holds no images: give FOLDER=... a folder of photos."
        )
    return str(folder)


def run(folder: str) -> nbformat.NotebookNode:
    """Run the notebook with papermill, in memory."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    return papermill.execute_notebook(
        str(NOTEBOOK),
        None,
        parameters={"FOLDER": folder, "OUT": str(OUT)},
        cwd=str(NOTEBOOK.parent),
        progress_bar=sys.stderr.isatty(),
    )


def text_of(notebook: nbformat.NotebookNode, tag: str) -> str:
    """Return what the cell with this tag printed."""
    cell = next(c for c in notebook.cells if tag in c.metadata.get("tags", []))
    return "".join(o.get("text", "") for o in cell.outputs).strip()


if __name__ == "__main__":
    sys.exit(main())
