"""Write each notebook as a page for reading, offline and by everyone: what `make html` calls.

The pages go to out/html. They load nothing, run nothing, and need no server.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

FOLDER = Path(__file__).resolve().parent
OUT = FOLDER.parent / "out" / "html"


def as_html(notebook: nbformat.NotebookNode, title: str, beside: tuple[str, ...] = ()) -> str:
    """Turn a notebook into one page that loads nothing from outside.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    title : str
        What the browser's tab says.
    beside : tuple of str
        Notebooks whose pages lie in the same folder, such as "02_fast.ipynb".

    Returns
    -------
    str
        For a folder two below the project's, as out/html is: other links lead to notebooks/.
    """
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(FOLDER)])
    page = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})[0]
    page = page.replace("<th></th>", "<td></td>")  # pandas leaves corners of its tables empty
    page = page.replace(' tabindex="0"', "")  # Tab goes from link to answer, not through all cells

    def lead(link: re.Match) -> str:
        file, place = link.group(1), link.group(2) or ""
        if file in beside:
            return f'href="{Path(file).stem}.html{place}"'
        return f'href="../../notebooks/{file}{place}"'

    return re.sub(r'href="([\w./-]+)(#[^"]*)?"', lead, page)


def write_pages(out: Path = OUT) -> list[Path]:
    """Write the page of every notebook of the course into a folder; return the pages."""
    paths = sorted(FOLDER.glob("[0-9]*.ipynb"))
    out.mkdir(parents=True, exist_ok=True)
    pages = [out / f"{path.stem}.html" for path in paths]
    for path, page in zip(paths, pages, strict=True):
        notebook = nbformat.read(path, as_version=4)
        text = as_html(notebook, path.stem, tuple(each.name for each in paths))
        page.write_text(text, encoding="utf-8")
    return pages


if __name__ == "__main__":
    written = write_pages()
    print(f"{len(written)} pages: out/html/{written[0].name} and those beside it")
