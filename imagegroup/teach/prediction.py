"""Predict, then run: a question before a figure, and the guess beside the outcome after it."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from imagegroup.teach.misconceptions import Misconception, find_misconception
from imagegroup.teach.record import append_record, latest_guess, predictions_file


class Status(anywidget.AnyWidget):
    """A line of text below the radio buttons; screen readers say it when it changes."""

    _esm = Path(__file__).with_name("prediction.js")
    text = traitlets.Unicode().tag(sync=True)


class Prediction(ipywidgets.VBox):
    """A question with one radio button for each choice; a click or a key records the guess.

    Where widgets cannot be shown, it is the question as text with the answer folded away.
    """

    def __init__(
        self, asked: Misconception, choices: Sequence[str], path: str | os.PathLike | None
    ) -> None:
        self.asked, self._path = asked, path
        self.buttons = ipywidgets.RadioButtons(
            options=choices,
            value=None,
            description="Your guess",
            layout={"width": "max-content", "max_width": "100%"},
        )
        before = latest_guess(asked.id, path)
        says = f"Your last guess: {before}." if before else "No guess yet."
        self.status = Status(text=f"{says} It is kept on this machine only.")
        question = ipywidgets.HTML(_paragraph(f"{asked.id} · Predict: {asked.question}"))
        super().__init__([question, self.buttons, self.status])
        self.add_class("ig-prediction")
        self.buttons.observe(self._record, "value")

    @property
    def guess(self) -> str | None:
        """The choice that was made in this widget, or None."""
        return self.buttons.value

    def _record(self, change: dict) -> None:
        if change["new"] is None:
            return
        guess = {"do": "guess", "id": self.asked.id, "guess": change["new"]}
        says = f"Recorded: {change['new']}. Now run the next cell."
        if not append_record(guess, self._path):
            says = f"{predictions_file(self._path).name} cannot be written: this guess is not kept."
        self.status.text = says

    def __repr__(self) -> str:
        guess = f"your guess: {self.guess}" if self.guess else "no guess yet"
        return (
            f"{self.asked.id}: {self.asked.question} ({' / '.join(self.buttons.options)}) {guess}"
        )

    def _repr_html_(self) -> str:
        choices = "".join(f"<li>{html.escape(choice)}</li>" for choice in self.buttons.options)
        answer = f"{self.asked.answer} ({self.asked.where})"
        return (
            f"{_paragraph(f'{self.asked.id} · Predict: {self.asked.question}')}<ul>{choices}</ul>"
            f"<details><summary>The answer</summary>{_paragraph(answer)}</details>"
        )

    def _repr_mimebundle_(self, **kwargs: object) -> dict:
        bundle = super()._repr_mimebundle_(**kwargs)
        # A page without a kernel shows this; JupyterLab prefers the buttons.
        return {**bundle, "text/plain": repr(self), "text/html": self._repr_html_()}


@dataclass(frozen=True)
class Outcome:
    """What came out, beside what the reader had guessed; shown by Jupyter as HTML.

    Attributes
    ----------
    id : str
    guess : str or None
    outcome : str
    """

    id: str
    guess: str | None
    outcome: str

    @property
    def _lines(self) -> list[str]:
        guess = f"Your guess: {self.guess}" if self.guess else "No guess recorded."
        answer = find_misconception(self.id).answer
        return [f"{self.id} · {guess}", f"What came out: {self.outcome}", answer]

    def __str__(self) -> str:
        return "\n".join(self._lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(map(_paragraph, self._lines))


def predict(
    id: str,
    choices: Sequence[str] | None = None,
    *,
    guess: str | None = None,
    path: str | os.PathLike | None = None,
) -> Prediction:
    """Ask the question of a misconception; the guess is recorded at once and survives the kernel.

    Waits for nobody: a notebook that runs unattended goes on and says "no guess yet".

    Parameters
    ----------
    id : str, "M1" to "M15"
    choices : sequence of str, optional
        Other words to choose from; the right one of the list must be among them.
    guess : str, optional
        Choose by code instead of by a button.
    path : path, optional
        Of the record; see `predictions_file`.

    Returns
    -------
    Prediction
        An ipywidget, shown when it is the last value of a cell.

    Raises
    ------
    ValueError
        There is no such id, the right choice is missing, or `guess` is no choice.

    Examples
    --------
    >>> predict("M3")
    M3: Nine in a row are lighter than the centre: one by 30, eight by 200. The others are equal \
to it. What is the score? (29 / 200 / 1630) no guess yet
    """
    asked = find_misconception(id)
    choices = asked.choices if choices is None else tuple(map(str, choices))
    if asked.right not in choices:
        raise ValueError(f"choices={choices!r}: expected {asked.right!r} among them.")
    if guess is not None and guess not in choices:
        raise ValueError(f"guess={guess!r}: expected one of {', '.join(choices)}.")
    shown = Prediction(asked, choices, path)
    shown.buttons.value = guess
    return shown


def outcome(id: str, result: object, *, path: str | os.PathLike | None = None) -> Outcome:
    """Put what came out, and why, beside the reader's latest guess.

    Parameters
    ----------
    id : str, "M1" to "M15"
    result : object
        In words, such as "52 of 54 clouds have an elbow".
    path : path, optional
        Of the record; see `predictions_file`.

    Returns
    -------
    Outcome
        Shown by Jupyter as HTML, by `print` as text.

    Raises
    ------
    ValueError
        There is no such id.

    Examples
    --------
    >>> print(*str(outcome("M3", "a score of 29", path="no_such_file.jsonl")).splitlines()[:2])
    M3 · No guess recorded. What came out: a score of 29
    """
    return Outcome(find_misconception(id).id, latest_guess(id, path), str(result))


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"
