"""Predictions and checks in JupyterLab and Chromium, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import (
    Visit,
    chromium,
    errors_shown,
    open_browser,
    run_notebook,
    running_lab,
    wait_for,
    write_notebook,
)
from playwright.sync_api import expect
from test_browser import leave_the_code

from imagegroup import teach
from imagegroup.teach.record import read_records

pytestmark = pytest.mark.slow  # opens JupyterLab: 10 to 20 s on two cores

CELLS = [
    'from imagegroup import teach\nteach.predict("M14")',
    'teach.outcome("M14", "52 of 54 clouds have an elbow")',
    "teach.check_hamming(lambda a, b: int((a != b).sum()))",
]


@pytest.fixture
def visit(tmp_path, monkeypatch) -> Iterator[Visit]:
    """Give a browser whose page asked nobody but this machine and shows no traceback."""
    chromium()
    monkeypatch.setenv("IMAGEGROUP_PREDICTIONS", str(tmp_path / "record.jsonl"))
    for name in ("folder", "state"):
        (tmp_path / name).mkdir()
    write_notebook(tmp_path / "folder" / "teach.ipynb", *CELLS)
    with running_lab(tmp_path / "folder", tmp_path / "state") as lab, open_browser(lab) as visit:
        yield visit
        assert visit.strangers == []
        assert len(visit.asked) > 20
        assert errors_shown(visit.page) == []


def test_a_guess_by_keyboard_is_recorded_and_shown_with_the_outcome(visit: Visit):
    run_notebook(visit, "teach.ipynb")
    page, asked = visit.page, teach.find_misconception("M14")
    radios = page.get_by_role("radio")
    expect(radios).to_have_count(len(asked.choices))
    expect(page.get_by_text("No guess recorded.")).to_be_visible()
    expect(page.get_by_text("No guess yet.")).to_be_visible()
    for choice in asked.choices:
        expect(page.get_by_role("radio", name=choice)).not_to_be_checked()
    expect(page.locator("details")).to_have_count(0)
    leave_the_code(page)
    wait_for(lambda: tab_on(visit) == "radio", "a radio button in the tab order")
    page.keyboard.press("Space")
    expect(page.get_by_text("Recorded: in none or few.")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("Recorded: in nearly all.")).to_be_visible()
    assert read_records()[-1] == {"do": "guess", "id": "M14", "guess": "in nearly all"}
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    expect(page.get_by_text("M14 · Your guess: in nearly all")).to_be_visible()
    expect(page.get_by_text("Your last guess: in nearly all.")).to_be_visible()
    picture = page.get_by_role("img", name="The 256 bits of both descriptors")
    expect(picture).to_be_visible()
    expect(page.get_by_text("✗ wrong")).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 200


def tab_on(visit: Visit) -> str:
    """Press Tab and return the type of what has the focus then."""
    visit.page.keyboard.press("Tab")
    return visit.page.evaluate("document.activeElement.type ?? ''")
