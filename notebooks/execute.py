"""Run notebooks in fresh kernels and store their outputs: what `make notebooks` calls.

Give names to run some only, each with its solutions: `python notebooks/execute.py 02_fast`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def execute(path: Path) -> None:
    """Run one notebook and write it back without timestamps, identities and widget state."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}})
    client.record_timing = False
    client.store_widget_state = False
    # Whoever runs this has guesses of their own, which belong in no stored output.
    client.execute(env={**os.environ, "IMAGEGROUP_PREDICTIONS": os.devnull})
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            drop_widget(output)
    nbformat.write(notebook, path)
    print(f"{path.relative_to(FOLDER)}: {path.stat().st_size // 1000} kB")


def drop_widget(output: nbformat.NotebookNode) -> None:
    """Leave the text of a widget and drop its state, which means nothing once reopened."""
    output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


if __name__ == "__main__":
    for notebook_path in sorted([*FOLDER.glob("*.ipynb"), *FOLDER.glob("solutions/*.ipynb")]):
        if len(sys.argv) == 1 or notebook_path.stem in sys.argv[1:]:
            execute(notebook_path)
