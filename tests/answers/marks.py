"""Marks for the bank: what a function answers, and the belief behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType


def wrong(check: str, belief: str) -> Callable[[Callable], Callable]:
    """Mark a plausible wrong answer with its check and the id that it should be told."""

    def mark(function: Callable) -> Callable:
        function.check, function.belief = check, belief
        return function

    return mark


def fine(check: str) -> Callable[[Callable], Callable]:
    """Mark a right answer in another style."""

    def mark(function: Callable) -> Callable:
        function.check, function.belief = check, ""
        return function

    return mark


def marked(module: ModuleType) -> list[Callable]:
    """Return the marked functions of a module."""
    return [function for function in vars(module).values() if hasattr(function, "belief")]
