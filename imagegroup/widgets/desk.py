"""The desk: look at the groups, put them right by hand; each edit is saved before it is shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import ipywidgets
import numpy as np

from imagegroup.commands import Commands, Corrector
from imagegroup.corrections import NO_FEATURES, Corrections, Edit
from imagegroup.grouping import Grouping
from imagegroup.journal import JournalError
from imagegroup.names import display_name
from imagegroup.widgets import desk_state, desk_words, draw
from imagegroup.widgets.desk_state import ALL, FILTERS, ORDERS
from imagegroup.widgets.grid import LARGE, Grid, pictures
from imagegroup.widgets.pixels import Microscope, Pixels, side_by_side

HINT = """<div style="line-height: 1.5">
<b>arrows</b> go · <b>Shift + arrows</b> a range · <b>Space</b> or the round box: one more ·
<b>Ctrl + a</b> the whole group · <b>Enter</b> or double-click: large · <b>Page Up, Page Down</b>
turn the page · <b>Escape</b> let go<br>
<b>1 to 9</b> move to that group · <b>m</b> choose the group · <b>n</b> name a group · <b>d</b> the
next doubtful photo · <b>l</b> more like these · <b>a</b> accept them · <b>q</b> not sure ·
<b>z</b> undo · <b>y</b> redo</div>
"""
BLANK = np.full((100, 100, 3), 255, np.uint8)


class Desk(Microscope, Commands):
    """The grid and the controls of `desk`.

    `state` is a `DeskState`, `corrector` carries out the edits and keeps them; all its commands are
    here too.
    """

    def __init__(self, grouping: Grouping, journal: str | Path) -> None:
        self.corrector, self.grouping = Corrector(grouping, journal), grouping
        self.seen, self.large, self.message = 0, False, self.corrector.journal.told
        self.keys_do = self._keys()
        self.grid = Grid(label="Groups of photos", key_names=list(self.keys_do))
        self.grid.listen(self._handle, grouping)
        self.grid.layout.flex = "2 1 380px"
        self.photo, self.shown = Pixels(image=draw.png(BLANK), layout={"flex": "1 1 320px"}), None
        self.target = ipywidgets.Dropdown(description="to group", layout=_equal())
        self.name = ipywidgets.Text(description="name", placeholder="such as cats", layout=_equal())
        self.buttons = self._buttons()
        for control, key in ((self.target, "m"), (self.name, "n")):
            control.observe(lambda change: self.redraw(), "value")
            control.add_class(f"ig-key-{key}")  # grid.js sends the focus there
        verbs = self.buttons
        rows = [
            [verbs["undo"], verbs["redo"], verbs["unsure"]],
            [verbs["like"], verbs["accept"], verbs["split"]],
            [self.target, verbs["move"], verbs["merge"]],
            [self.name, verbs["new"], verbs["rename"]],
        ]
        state = desk_state.begin(grouping, self.corrections)
        controls = [self._choices(), *(side_by_side(*row) for row in rows)]
        super().__init__(
            state, [*controls, side_by_side(self.grid, self.photo), ipywidgets.HTML(HINT)]
        )
        self.add_class("ig-desk")

    @property
    def corrections(self) -> Corrections:
        """All states of the groups."""
        return self.corrector.corrections

    def do(self, edit: Edit) -> None:
        """Carry out an edit, save it, then show it; see `Corrector.do`."""
        before = self.corrections
        said = {
            "undo": f"Undone: {desk_words.last_edit(before)}",
            "redo": f"Done again: {desk_words.next_edit(before)}",
        }
        self.corrector.do(edit)
        done = edit.arguments["photos"] if edit.verb in ("move", "new_group") else ()
        self.state = desk_state.after_edit(self.state, self.corrections, done)
        words = said.get(edit.verb) or desk_words.phrase(edit, before.now)
        self.message = f"{words}. Saved."
        self.redraw()

    def act(self, function: Callable, *args: object) -> None:
        """Replace `state` by `function(state, *args)`; say in words what cannot be done."""
        self._attempt(self._set, function, *args)

    def _set(self, function: Callable, *args: object) -> None:
        self.state = function(self.state, *args)
        self.redraw()

    def _attempt(self, action: Callable, *args: object) -> None:
        self.message = ""
        try:
            action(*args)
        except (ValueError, JournalError) as error:
            self.message = str(error)
            self.redraw()

    def _handle(self, event: dict) -> None:
        """Take over selection and focus of the page, then do what was asked for."""
        if event["seen"] > self.seen:  # else the page has not yet shown what we changed since
            self.state = desk_state.select(self.state, event["selected"], event["focus"])
            self.seen = event["seen"]
        if event["kind"] == "page":
            self.act(desk_state.turn, event["steps"], event["key"])
        elif event["kind"] == "move":
            self._attempt(self._move, event["key"])
        elif event["kind"] == "key":
            self._attempt(self.keys_do[event["key"]])
        else:
            self.redraw()

    def _keys(self) -> dict[str, Callable]:
        """Give what each key does."""
        set_state = functools.partial(functools.partial, self._set)
        keys = {str(number): functools.partial(self._move_to, number) for number in range(1, 10)}
        return keys | {
            **dict.fromkeys(("z", "Ctrl+z"), self.undo),
            **dict.fromkeys(("y", "Ctrl+y", "Ctrl+Z"), self.redo),
            "Ctrl+a": set_state(desk_state.select_group),
            "PageUp": set_state(desk_state.turn, -1),
            "PageDown": set_state(desk_state.turn, 1),
            "d": set_state(desk_state.jump),
            "l": set_state(desk_state.like),
            "a": self._accept,
            "q": self._mark,
            "Enter": self._enlarge,
            "Escape": self._let_go,
        }

    def _chosen(self) -> list[int]:
        if not self.state.chosen:
            raise ValueError("no photo is selected: click one.")
        return self.state.chosen

    def _move(self, group: int) -> None:
        self.do(Edit("move", {"photos": self._chosen(), "to": group}))

    def _move_to(self, number: int) -> None:
        targets = desk_state.numbered(self.state)
        if number > len(targets):
            raise ValueError(f"there is no group {number}: choose 1 to {len(targets)}, or press m.")
        self._move(targets[number - 1])

    def _accept(self) -> None:
        if not self.state.likes:
            raise ValueError("nothing to accept: select photos and press l for more like them.")
        wanted = desk_state.proposals(self.state)
        if wanted:
            self.do(Edit("move", {"photos": wanted, "to": self.state.target}))
        self._set(desk_state.next_likes)

    def _mark(self) -> None:
        rows = self._chosen()
        marked = not self.now.unsure[rows].all()
        self.do(Edit("not_sure", {"photos": rows, "marked": marked}))

    def _enlarge(self) -> None:
        self.large = not self.large
        self._set(desk_state.look_again)  # the grid gets narrower, its lines move

    def _let_go(self) -> None:
        act = desk_state.look_again if self.large else desk_state.let_go
        self.large = False
        self._set(act)

    def _choices(self) -> ipywidgets.Box:
        """Make the controls of what is shown."""
        self.order = ipywidgets.Dropdown(options=ORDERS, description="order", layout=_equal())
        self.only = ipywidgets.Dropdown(options=list(FILTERS), description="show", layout=_equal())
        self.alone = ipywidgets.Dropdown(
            options={"all groups": ALL}, description="of", layout=_equal()
        )
        self.text = ipywidgets.Text(
            description="name has", placeholder="part of a file name", layout=_equal()
        )
        self.follow(self.order, desk_state.sort, "order")
        for control, name in ((self.only, "only"), (self.alone, "alone"), (self.text, "text")):
            self.follow(control, functools.partial(_show, name), name)
        return side_by_side(self.order, self.only, self.alone, self.text)

    def _buttons(self) -> dict[str, ipywidgets.Button]:
        """Make a button for each of `desk_words.verbs`."""
        actions = {
            "move": lambda: self._move(self.target.value),
            "merge": lambda: self.merge(self._here(), self.now.names[self.target.value]),
            "new": self._new_group,
            "rename": lambda: self.rename(self._here(), self.name.value),
            "split": lambda: self.split(self._here()),
            "unsure": self._mark,
            "like": functools.partial(self._set, desk_state.like),
            "accept": self._accept,
            "undo": self.undo,
            "redo": self.redo,
        }
        made = {name: ipywidgets.Button(layout=_equal(260)) for name in actions}
        for name, action in actions.items():
            made[name].on_click(functools.partial(self._clicked, name, action))
        return made

    def _clicked(self, name: str, action: Callable, button: ipywidgets.Button) -> None:
        self._attempt(action)
        if name not in ("undo", "redo"):  # these one presses again
            self.grid.send({"take_focus": True})

    def _here(self) -> str:
        """Return the name of the group in focus."""
        if self.state.focus < 0:
            raise ValueError("there are no photos here.")
        return self.now.names[int(self.now.groups[self.state.focus])]

    def _new_group(self) -> None:
        name = self.name.value.strip() or desk_words.default_name(self.now)
        self.do(Edit("new_group", {"photos": self._chosen(), "name": name}))
        self.name.value = ""

    def redraw(self) -> None:
        """Show `state` in the grid and the controls."""
        state, found = self.state, desk_state.bands(self.state)
        self.order.value, self.only.value, self.text.value = state.order, state.only, state.text
        groups = {self.now.names[group]: group for group in self.now.sizes}
        _offer(self.alone, {"all groups": ALL, **groups}, state.alone)
        targets = {name: group for name, group in groups.items() if group != NO_FEATURES}
        kept = self.target.value if self.target.value in targets.values() else None
        _offer(
            self.target, targets, kept if kept is not None else next(iter(targets.values()), None)
        )
        words = self._say(found)
        known = {"n": self.name.value, "m": -1 if self.target.index is None else self.target.index}
        with self.grid.hold_sync():  # one message: what is said to be done is in view
            self.grid.says = words
            self.grid.view = {**desk_words.view(state, found), "seen": self.seen, "fields": known}

    def _say(self, found: list[desk_state.Band]) -> str:
        """Bring verbs and the large photo up to date; return the words above the grid."""
        state, target = self.state, self.target.value
        for name, (text, possible) in desk_words.verbs(state, target, self.name.value).items():
            button = self.buttons[name]
            button.description, button.tooltip, button.disabled = text, text, not possible
        path = display_name(self.corrector.journal.path.name)
        saved = f"Edits saved in {path}: {self.corrector.journal.number:,}"
        selected = desk_words.selection(state, found)
        self.photo.layout.display = "" if self.large else "none"
        if self.large and state.focus >= 0 and (state.focus, self._here()) != self.shown:
            self.shown = (state.focus, self._here())
            picture = pictures(self.grouping, [state.focus], LARGE)[0] or draw.png(BLANK)
            name = display_name(self.grouping.paths[state.focus])
            self.photo.show(picture, label=f"Photo {name}", says=f"{name}\n{self._here()}")
        return "\n".join([self.sum_line(), f"{selected}. {saved}.", self.message])

    def __repr__(self) -> str:
        # What a reader sees where widgets cannot be shown.
        return f"Desk: run this cell in JupyterLab to use it. {self.sum_line()}"


def _equal(least: int = 190) -> ipywidgets.Layout:
    """Let controls have one width: the lines break at the same places whatever the words are."""
    return ipywidgets.Layout(flex=f"1 1 {least}px", max_width="min(420px, 98%)")


def _offer(control: ipywidgets.Dropdown, options: dict, value: object) -> None:
    """Give a drop-down other options and a value at once."""
    if dict(control.options) != options:
        control.options = options
    control.value = value


def _show(name: str, state: desk_state.DeskState, value: object) -> desk_state.DeskState:
    return desk_state.show(state, **{name: value})


def desk(grouping: Grouping, journal: str | Path) -> Desk:
    """Put the groups of photos right by hand; each edit is on the disk before it is shown.

    Select photos and move them to a group, make, merge, split and rename groups, ask for more like
    the selected ones, undo and redo everything, with the mouse or the keyboard alone. The commands
    work from Python too: `desk.move(["a.jpg"], to="cats")`.

    Parameters
    ----------
    grouping : Grouping
    journal : path
        Where the edits are kept; read if it exists. Not in the folder of photos.

    Returns
    -------
    Desk
        An ipywidget; shown by JupyterLab when it is the last value of a cell. `corrected()` and
        `names()` are what `plan_export` takes.

    Raises
    ------
    JournalError
        See `journal.open_journal`.
    """
    return Desk(grouping, journal)
