"""The app: choose photos, group them, put the groups right, take them home."""

from __future__ import annotations

import contextlib
import dataclasses
import html
from pathlib import Path

import ipywidgets

from imagegroup import plots, uploads
from imagegroup.cache import Cache
from imagegroup.clusters import CRITERIA
from imagegroup.files import list_folder
from imagegroup.gallery import typical
from imagegroup.grouping import Grouping, group_images
from imagegroup.journal import JournalError
from imagegroup.recipes import BY_SCENES, CLASSIC, DEFAULT, SCENES
from imagegroup.widgets import app_state
from imagegroup.widgets.controls import Controls
from imagegroup.widgets.desk import Desk
from imagegroup.widgets.pixels import side_by_side
from imagegroup.widgets.transfer import Download, Upload

BY_HAND = "the slider"
SOURCES = {"a folder": False, "uploaded photos": True}
RECIPES = {
    "default": DEFAULT,
    "classic (as in the post)": CLASSIC,
    "scenes (same place or thing; needs no k)": SCENES,
}
HOW = {"style": {"description_width": "130px"}, "layout": {"flex": "1 1 300px", "max_width": "98%"}}


class App(ipywidgets.VBox):
    """The controls of `app`; once photos have been grouped, `desk` holds the groups."""

    def __init__(self, root: str | Path) -> None:
        self.root, self.kept = uploads.choose_folder(root, "."), uploads.private_place()
        self.place, self.measured, self.desk = Path(self.kept.name), {}, None
        self.cache = Cache(self.place / "cache")
        self.source = ipywidgets.ToggleButtons(options=SOURCES)
        folders = uploads.folders_below(self.root)
        self.folder = ipywidgets.Combobox(options=folders, value=".", description="folder", **HOW)
        self.upload = Upload(self.place)
        self.upload.observe(lambda change: setattr(self.source, "value", True), "arrived")
        self.recipe = ipywidgets.Dropdown(options=RECIPES, description="recipe", **HOW)
        ways = [*CRITERIA, BY_HAND]
        self.by = ipywidgets.Dropdown(options=ways, description="k is found by", **HOW)
        self.by.value = self.recipe.value.k
        self.slider = ipywidgets.IntSlider(5, 1, 40, description="number of groups k", **HOW)
        self.slider.observe(lambda change: setattr(self.by, "value", BY_HAND), "value")
        self.go = ipywidgets.Button(description="Group the photos", button_style="primary")
        self.go.on_click(lambda button: self.group())
        self.says, self.sheet = ipywidgets.HTML(), ipywidgets.HTML()
        self.results = ipywidgets.VBox()
        photos = [side_by_side(self.source, self.folder), self.upload]
        settings = [side_by_side(self.recipe, self.by, self.slider), self.go]
        shown = [self.says, self.sheet, self.results]
        heads = _head("1 · Which photos?"), _head("2 · Into how many groups?")
        super().__init__([heads[0], *photos, heads[1], *settings, *shown, Controls()])
        self.add_class("ig-app")

    def group(self) -> None:
        """Group the chosen photos and show them; say in one line what cannot be done."""
        self.go.disabled, self.results.children, self.sheet.value = True, (), ""
        bars = app_state.LastLine(lambda words: setattr(self.says, "value", _line(words)))
        try:
            with contextlib.redirect_stderr(bars):
                self._show(self._grouped())
        except (JournalError, ValueError, OSError) as error:
            self.says.value += _line(str(error))
        finally:
            self.go.disabled = False

    def _grouped(self) -> Grouping:
        """Measure every k once for these photos, then take the k that was asked for."""
        self.says.value, by = _line("Looking at the photos ..."), self.by.value
        uploaded, text, recipe = self.source.value, self.folder.value, self.recipe.value
        folder = self.place / "photos" if uploaded else uploads.choose_folder(self.root, text)
        if recipe.k == BY_SCENES:
            return group_images(folder, recipe, progress=True, cache=self.cache)
        key = (folder, list_folder(folder).paths, recipe)
        if key not in self.measured:
            self.measured = {key: app_state.measure(folder, recipe, self.cache)}
        proposed = app_state.proposals(self.measured[key])
        self.says.value = _line(app_state.in_words(proposed))
        k, criterion = (self.slider.value, None) if by == BY_HAND else (proposed[by], by)
        grouping = app_state.with_k(self.measured[key], recipe, k, criterion, self.cache)
        self.slider.value, self.by.value = k, by
        return grouping

    def _show(self, grouping: Grouping) -> None:
        """Show a grouping; its desk begins a journal of its own."""
        number = len(list(self.place.glob("corrections-*.jsonl"))) + 1
        self.desk = Desk(grouping, self.place / f"corrections-{number}.jsonl")
        sizes = [(grouping.labels == label).sum() for label in range(grouping.k)]
        titles = [f"{grouping.name(label)}: {size}" for label, size in enumerate(sizes)]
        ax = plots.new_axes(9, 0.4 + 0.75 * len(titles))
        alt = f"The most typical photos of {grouping.k} groups, a row for each"
        picture = plots.picture(plots.contact_sheet(typical(grouping), titles, ax=ax), alt)
        self.sheet.value = picture._repr_html_()
        self.says.value += _line(app_state.result(grouping))
        groups = Download("Download the groups", "groups.zip", self._zip)
        report = Download("Download the report", "report.html", self._report)
        heads = _head("3 · Put them right"), _head("4 · Take them home")
        self.results.children = (heads[0], self.desk, heads[1], side_by_side(groups, report))

    def _zip(self) -> Path:
        return uploads.zip_groups(self.desk.corrected(), self.desk.names(), self.place)

    def _report(self) -> Path:
        from imagegroup.report import write_report

        how = {"names": self.desk.names(), "corrections": dataclasses.asdict(self.desk.effort())}
        return write_report(self.desk.corrected(), self.place / "report.html", **how)


def _line(text: str) -> str:
    return f"<div>{html.escape(text)}</div>"


def _head(text: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(f"<h2>{text}</h2>")


def app(root: str | Path = ".") -> App:
    """Group photos without writing code: a folder below `root`, or photos uploaded to this machine.

    Originals are only read. Uploads, corrections, zip and report lie in a private temporary folder
    that is removed when the kernel ends: download what shall stay.

    Parameters
    ----------
    root : path
        No folder outside it can be chosen.

    Returns
    -------
    App
        An ipywidget; shown by JupyterLab or voila when it is the last value of a cell.

    Raises
    ------
    ValueError
        There is no such folder.
    """
    return App(root)
