"""The teaching documents: links followed, minutes added up, nothing left out."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path

import nbformat
import pytest

import imagegroup

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *(DOCS / f"{n}.md" for n in ("teaching", "quiz", "glossary"))]
PAGES.append(DOCS / "quiz-key.md")
IDS = [f"M{number}" for number in range(1, 16)]


def minutes_of(heading):
    text = (DOCS / "teaching.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [int(number) for number in re.findall(r"^\| (\d+) \|", text, re.M)], text


def test_the_plans_fit_their_time():
    short, _ = minutes_of("45 minutes")
    lab, text = minutes_of("Two hours")
    assert len(short) >= 5
    assert sum(short) == 45
    assert len(lab) >= 8
    assert sum(lab) == 110
    assert "110 minutes are planned" in text
    assert sum(lab) + int(re.search(r"\| break \| (\d+) minutes", text).group(1)) <= 120
    assert "estimates" in (DOCS / "teaching.md").read_text().split("## Before")[0]


def test_the_guide_has_a_row_for_each_belief():
    rows = re.findall(r"^\| (M\d+) \|(.*)\|$", (DOCS / "teaching.md").read_text(), re.M)
    assert [id for id, _ in rows] == IDS
    assert all(len([cell for cell in row.split("|") if cell.strip()]) == 3 for _, row in rows)


def anchors(path):
    """Return the places of a file that a link may lead to."""
    if path.suffix == ".ipynb":
        text = "\n".join(
            c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown"
        )
        return {t.replace("`", "").replace(" ", "-") for t in re.findall(r"^#+ (.*)$", text, re.M)}
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_links_lead_to_files_and_headings(page):
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", page.read_text())
    links = [one or other for one, other in links]
    assert links
    for link in links:
        if link.startswith("https://"):
            continue
        file, _, place = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not place or urllib.parse.unquote(place) in anchors(target), link


def test_the_glossary_tells_each_term_once_in_a_sentence():
    text = (DOCS / "glossary.md").read_text()
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \| (.+?) \| (.+?) \|$", text, re.M)
    assert len(rows) == text.count("\n| **") > 40
    assert len({term for term, *_ in rows}) == len(rows)
    assert all(sentence[-1] in ".?" and ". " not in sentence for _, sentence, *_ in rows)
    assert all("](../notebooks/" in shown for *_, shown in rows)


def test_references_have_years_and_addresses():
    lines = (DOCS / "glossary.md").read_text().split("## References")[1].split("\n- ")[1:]
    assert len(lines) >= 13
    for line in lines:
        assert re.search(r"\b(19|20)\d\d\b", line), line
        assert "https://doi.org/10." in line or "(no DOI)" in line, line


def test_each_belief_has_its_term():
    assert set(re.findall(r"\bM\d+\b", (DOCS / "glossary.md").read_text())) == set(IDS)


def test_the_front_door_has_a_row_and_a_picture_for_each_notebook():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 200
    rows = re.findall(
        r"^\| !\[(.+?)\]\((docs/thumbs/\d\d\.jpg)\) \| \[\w+\]\((.+?)\) \|.*\| (\d+) \|$",
        text,
        re.M,
    )
    course = sorted(path.name for path in (ROOT / "notebooks").glob("[01]*.ipynb"))
    assert [notebook.removeprefix("notebooks/") for *_, notebook, _ in rows] == course
    for alt, thumb, notebook, minutes in rows:
        assert len(alt) >= 15
        assert (ROOT / thumb).stat().st_size < 15_000
        first = nbformat.read(ROOT / notebook, as_version=4).cells[0].source
        assert re.search(r"\*\*Time:\*\* (\d+) minutes", first).group(1) == minutes
        assert Path(thumb).stem == Path(notebook).name[:2]


def test_the_citation_can_be_read():
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    told = dict(line.split(": ", 1) for line in lines if re.match(r"[a-z-]+: ", line))
    assert told["cff-version"] == "1.2.0"
    assert told["version"] == imagegroup.__version__
    assert {"title", "message", "license"} <= told.keys()
