"""How a check ended, in words, with a picture of the place that failed."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field

ICONS = {"not attempted": "○", "wrong": "✗", "stopped": "■", "right": "✓"}
COLOURS = {"not attempted": "#777777", "wrong": "#D55E00", "stopped": "#CC79A7", "right": "#009E73"}
"""Of the bar at the left; the word and the icon say the same without it."""


@dataclass(frozen=True)
class CheckResult:
    """How a check ended; `assert result.passed, result.message` suits any grader.

    Attributes
    ----------
    check : str, such as "fast_test"
    outcome : str, "not attempted", "wrong", "stopped" or "right"
    message : str
        First line: input, what was returned, the property broken, where to look, the id.
    id : str, "M1" to "M15" of the belief behind a wrong answer, or ""
    """

    check: str
    outcome: str
    message: str
    id: str = ""
    draw: Callable[[], object] | None = field(default=None, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.outcome == "right"

    def __str__(self) -> str:
        return f"{ICONS[self.outcome]} {self.outcome} · {self.message}"

    def _repr_html_(self) -> str:
        head, *more = self.message.split("\n")
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in more)
        return (
            f'<div style="border-left: 5px solid {COLOURS[self.outcome]}; padding-left: 0.8em">'
            f"<p><strong>{ICONS[self.outcome]} {self.outcome}</strong> · {html.escape(head)}</p>"
            f"{lines}{self.draw()._repr_html_() if self.draw else ''}</div>"
        )
