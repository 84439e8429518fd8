"""Cut the README's thumbnails from the notebooks' figures: `python docs/make_thumbs.py`.

Only sample photos are shown: notebooks are committed with these.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import nbformat
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SIZE = 240, 135
FIGURES = {
    "00": "Contact sheet",
    "01": "The stored pixels lie on their side",
    "02": "The ring of a corner with score",
    "03": "24 pairs of points on a patch",
    "04": "The photo with",
    "05": "Distances of all pairs",
    "06": "Best run",
    "07": "How often each k",
    "08": "Every photo as a thumbnail",
    "09": "Always",
    "10": "Matching scores of ORB",
    "11": r"\d+ scenes as graphs",
}
"""Which figure stands for a notebook: how its alternative text begins, a pattern."""


def find_figure(path: Path, begins: str) -> Image.Image:
    """Return the first figure of a notebook whose alternative text begins so."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            shown = "".join(output.get("data", {}).get("text/html", ""))
            found = re.search(rf'base64,([^"]+)" alt="(?:{begins})', shown)
            if found:
                return Image.open(io.BytesIO(base64.b64decode(found.group(1)))).convert("RGB")
    raise SystemExit(f"{path.name}: no figure begins with {begins!r}; change FIGURES.")


def main() -> None:
    """Write docs/thumbs/NN.jpg for each notebook, on white, all of one size."""
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        number = path.stem[:2]
        figure = find_figure(path, FIGURES[number])
        figure.thumbnail(SIZE, Image.Resampling.LANCZOS)
        card = Image.new("RGB", SIZE, "white")
        card.paste(figure, ((SIZE[0] - figure.width) // 2, (SIZE[1] - figure.height) // 2))
        file = ROOT / "docs" / "thumbs" / f"{number}.jpg"
        card.save(file, quality=80, optimize=True)
        print(f"{file.name}: {file.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
