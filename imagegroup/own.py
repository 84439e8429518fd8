"""Features of the reader's own in place of ORB: any code that turns a path into a vector."""

from __future__ import annotations

import importlib
import operator
import os
import re
import sys
from collections.abc import Callable

import numpy as np

from imagegroup.images import Photo
from imagegroup.names import display_name
from imagegroup.orb import OrbParams
from imagegroup.skips import Skipped
from imagegroup.vectors import ENCODINGS, Encoding, Learned, Observation


class OwnCode(str):
    """What a recipe holds of code that was given as an object: text for JSON, and the code."""

    code: object

    def __eq__(self, other: object) -> bool:
        """Two functions may have the same name."""
        return str.__eq__(self, other) and self.code is getattr(other, "code", None)

    __hash__ = str.__hash__

    def __deepcopy__(self, memo: dict) -> OwnCode:
        """`dataclasses.asdict` copies; a model may be large."""
        return self


def name_code(encoding: object) -> str:
    """Return the text by which a recipe knows code: "module:function" where it can be imported.

    Parameters
    ----------
    encoding : str, callable, or transformer
        A function of a path (str), a scikit-learn transformer of paths, fitted or stateless; or
        "module:name" of one.

    Raises
    ------
    ValueError, TypeError
        It is neither.

    Examples
    --------
    A lambda has no name to import it by, so a run with it cannot be repeated from its run.json.

    >>> import os
    >>> name_code(os.path.getsize), name_code(lambda path: [1.0])
    ('genericpath:getsize', 'not repeatable: given as an object, function <lambda>')
    """
    if isinstance(encoding, OwnCode):
        return encoding
    if isinstance(encoding, str):
        if not re.fullmatch(r"\w+(\.\w+)*:\w+(\.\w+)*", encoding):
            names = ", ".join(ENCODINGS)
            raise ValueError(f"encoding={encoding!r}: expected one of {names} or module:function.")
        return encoding
    if isinstance(encoding, type) or not (callable(encoding) or hasattr(encoding, "transform")):
        raise TypeError(
            f"encoding={encoding!r}: expected a name, a function of a path or a transformer."
        )
    module, name = getattr(encoding, "__module__", ""), getattr(encoding, "__qualname__", "")
    with_that_name = getattr(sys.modules.get(module), name, None)
    if with_that_name is encoding and module != "__main__":
        return f"{module}:{name}"
    kind = type(encoding).__name__
    own = OwnCode(f"not repeatable: given as an object, {kind} {name}".rstrip())
    own.code = encoding
    return own


def own_encoding(name: str) -> Encoding:
    """Return the three steps for code of the reader's own; nothing is learned.

    Files that cannot be read as images are skipped before the code sees them. It is called from
    several threads, or with `jobs=1` from one, while the photo is in memory at `max_side`.

    Parameters
    ----------
    name : str
        As `name_code` gives it. The module is imported here. The current folder is looked into
        last, and stays at the end of `sys.path`: the module may import its neighbours later.

    Raises
    ------
    ValueError
        The module or the name in it is missing or cannot be used. While observing: the code
        raises, or returns something else than a vector of finite numbers. `Skipped` or None say
        that an image has no features.

    Examples
    --------
    >>> encoding = own_encoding(name_code(lambda path: [len(path), 1]))
    >>> encoding.observe(Photo(None, 0, 0, path="a.jpg"), OrbParams(), 0)
    (array([5., 1.], dtype=float32),)
    """
    code = getattr(name, "code", None) or _imported(name)
    describe = _one_by_one(code) if hasattr(code, "transform") else code
    if isinstance(code, type) or not callable(describe):
        raise ValueError(f"encoding={name}: expected a function of a path or a transformer.")

    def observe(photo: Photo, orb: OrbParams, grid_step: int) -> Observation:
        try:
            vector = describe(photo.path)
        except Skipped:
            vector = None
        except MemoryError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            place = display_name(photo.path)
            raise ValueError(f"encoding={name} failed on {place}: {said}") from error
        return (_checked(vector, name, photo.path),)

    return Encoding(observe, _learn_nothing, _encode)


def _imported(name: str) -> object:
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:  # a console script looks beside itself instead
        sys.path.append(os.getcwd())
    try:
        return operator.attrgetter(attribute)(importlib.import_module(module))
    except Exception as error:  # importing runs the reader's code: anything may go wrong
        raise ValueError(
            f"encoding={name} cannot be imported: {type(error).__name__}: {error}. "
            f"Run where {module.partition('.')[0]}.py lies, or install it."
        ) from error


def _one_by_one(transformer) -> Callable[[str], np.ndarray]:
    def describe(path: str) -> np.ndarray:
        rows = transformer.transform([path])
        rows = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
        if rows.ndim != 2 or len(rows) != 1:
            raise ValueError(f"transform([path]) gave the shape {rows.shape}, expected (1, d)")
        return rows[0]

    return describe


def _checked(vector: object, name: str, path: str) -> np.ndarray:
    """Return a vector as (d,) float32; of length 0 for an image without features."""
    if vector is None:
        return np.zeros(0, np.float32)
    with np.errstate(over="ignore"):
        try:
            numbers = np.asarray(vector).astype(np.float32)
        except (TypeError, ValueError):
            numbers = np.zeros(())
    whole = numbers.ndim == 1 and numbers.size > 0
    if not whole or not np.isfinite(numbers).all():
        got = "numbers that are not finite" if whole else f"the shape {np.shape(numbers)}"
        raise ValueError(
            f"encoding={name} gave {got} for {display_name(path)}: expected (d,) finite numbers "
            "that float32 can hold, or None for no features."
        )
    return numbers


def _learn_nothing(observations: object, n_words: int, seed: int) -> Learned:
    return []


def _encode(seen: Observation, _: Learned, orb: OrbParams, __: float) -> np.ndarray | None:
    return seen[0] if len(seen[0]) else None
