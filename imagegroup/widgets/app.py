"""The app: choose photos, group them, put the groups right, take them home."""

from __future__ import annotations

import dataclasses
import html
from pathlib import Path

import ipywidgets

from imagegroup import plots, uploads
from imagegroup.cache import Cache
from imagegroup.clusters import CRITERIA, choose_k
from imagegroup.files import list_folder
from imagegroup.gallery import typical
from imagegroup.grouping import Grouping, NoElbow, group_images
from imagegroup.journal import JournalError
from imagegroup.names import display_name
from imagegroup.recipes import CLASSIC, DEFAULT, Recipe
from imagegroup.widgets.desk import Desk
from imagegroup.widgets.pixels import side_by_side
from imagegroup.widgets.transfer import Download, Upload

BY_HAND = "the slider"
WIDE = ipywidgets.Layout(flex="1 1 300px", max_width="460px")
SHOWN_GROUPS = 40
"""Rows of the contact sheet, at most."""


class App(ipywidgets.VBox):
    """The controls of `app`; `desk` and `grouping` are there once photos have been grouped."""

    def __init__(self, root: str | Path) -> None:
        self.root = uploads.choose_folder(root, ".")
        self.kept = uploads.private_place()  # removed with this object, at the kernel's end
        self.place, self.measured, self.desk = Path(self.kept.name), {}, None
        named = {"description_width": "130px"}
        how = {"style": named, "layout": WIDE}
        self.source = ipywidgets.ToggleButtons(options={"a folder": 0, "uploaded photos": 1})
        folders = uploads.folders_below(self.root)
        self.folder = ipywidgets.Combobox(
            options=folders, value=".", description="folder", continuous_update=False, **how
        )
        self.upload = Upload(self.place)
        self.upload.observe(lambda change: setattr(self.source, "index", 1), "arrived")
        recipes = {"default": DEFAULT, "classic (as in the post)": CLASSIC}
        self.recipe = ipywidgets.Dropdown(options=recipes, description="recipe", **how)
        self.by = ipywidgets.Dropdown(
            options=[*CRITERIA, BY_HAND], value=DEFAULT.k, description="k is found by", **how
        )
        self.slider = ipywidgets.IntSlider(5, 1, 40, description="number of groups k", **how)
        self.slider.observe(lambda change: setattr(self.by, "value", BY_HAND), "value")
        self.go = ipywidgets.Button(description="Group the photos", button_style="primary")
        self.go.on_click(lambda button: self.group())
        self.progress, self.says, self.sheet = ipywidgets.Output(), _text(), ipywidgets.HTML()
        self.results = ipywidgets.VBox()
        super().__init__(
            [
                _text("1 · Which photos?", "h2"),
                side_by_side(self.source, self.folder),
                self.upload,
                _text("2 · Into how many groups?", "h2"),
                side_by_side(self.recipe, self.by, self.slider),
                side_by_side(self.go, self.progress),
                *(self.says, self.sheet, self.results),
            ]
        )

    def group(self) -> None:
        """Group the chosen photos and show them; say in one line what cannot be done."""
        self.go.disabled, self.results.children, self.sheet.value = True, (), ""
        try:
            with self.progress:
                grouping = self._grouped()
                # Its own journal: where a photo is has another meaning with other groups.
                journal = self.place / f"corrections-{len(list(self.place.iterdir()))}.jsonl"
                self.desk = Desk(grouping, journal)
            self._show(grouping)
        except (NoElbow, JournalError, ValueError, OSError) as error:
            self.says.value += _line(str(error))
        finally:
            self.progress.clear_output()
            self.go.disabled = False

    def _grouped(self) -> Grouping:
        """Measure every k once for these photos, then take the k that was asked for."""
        photos = self.place / "photos"
        folder = (
            photos if self.source.value else uploads.choose_folder(self.root, self.folder.value)
        )
        recipe, by, how = self.recipe.value, self.by.value, {"cache": Cache(self.place / "cache")}
        self.says.value = _line(f"Looking at the photos of {display_name(folder)} ...")
        key = (folder, list_folder(folder).paths, recipe)
        if key not in self.measured:  # contrast and stability: the sweep measures for both
            every = recipe.with_values(k="contrast", fallback="stability")
            self.measured = {key: group_images(folder, every, progress=True, **how)}
        first = self.measured[key]
        if first.sweep is None:
            raise ValueError(f"no photo of {display_name(folder)} has features: choose others.")
        proposed = {criterion: choose_k(first.sweep, criterion) for criterion in CRITERIA}
        self.says.value = _line("Proposals: " + _in_words(proposed))
        k = self.slider.value if by == BY_HAND else proposed[by]
        if k is None:
            raise ValueError(f"{by} finds no k here: choose another criterion, or the slider.")
        self.slider.value, self.by.value = k, by
        return _with_k(first, recipe, k, "given" if by == BY_HAND else by, how)

    def _show(self, grouping: Grouping) -> None:
        groups = typical(grouping)[:SHOWN_GROUPS]
        titles = [f"group {row}: {(grouping.labels == row).sum()}" for row in range(len(groups))]
        ax = plots.new_axes(9, 1 + 0.9 * len(groups))
        alt = f"The most typical photos of {len(groups)} groups, one row each"
        picture = plots.picture(plots.contact_sheet(groups, titles, ax=ax), alt)
        self.sheet.value = picture._repr_html_()
        self.says.value += _line(f"{grouping.k} groups ({grouping.criterion}).")
        take = [
            Download("Download the groups (zip)", "groups.zip", self._zip),
            Download("Download the report (html)", "report.html", self._report),
        ]
        heads = _text("3 · Put them right", "h2"), _text("4 · Take them home", "h2")
        self.results.children = (heads[0], self.desk, heads[1], side_by_side(*take))

    def _zip(self) -> Path:
        return uploads.zip_groups(self.desk.corrected(), self.desk.names(), self.place)

    def _report(self) -> Path:
        from imagegroup.report import write_report

        how = {"names": self.desk.names(), "corrections": dataclasses.asdict(self.desk.effort())}
        return write_report(self.desk.corrected(), self.place / "report.html", **how)


def _with_k(first: Grouping, recipe: Recipe, k: int, criterion: str, how: dict) -> Grouping:
    """Return the grouping with k groups; it keeps the sweep over all k."""
    chosen = recipe.with_values(k=k)
    if first.k != k:
        chosen_by = {"sweep": first.sweep, "criterion": criterion}
        return dataclasses.replace(group_images(first.folder, chosen, **how), **chosen_by)
    return dataclasses.replace(first, recipe=chosen, criterion=criterion)


def _in_words(proposed: dict[str, int | None]) -> str:
    return " · ".join(f"{name} {'finds none' if k is None else k}" for name, k in proposed.items())


def _line(text: str) -> str:
    return f"<div>{html.escape(text)}</div>"


def _text(text: str = "", tag: str = "div") -> ipywidgets.HTML:
    return ipywidgets.HTML(f"<{tag}>{html.escape(text)}</{tag}>")


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
