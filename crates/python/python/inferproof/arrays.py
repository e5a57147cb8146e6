"""Arrays by tensor name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .openings import Opening
from .saturation import Saturated

__all__ = ["Tensors", "entries", "given", "is_table", "numbers", "stacked"]


class Tensors(Mapping[str, Any]):
    """Inputs or outputs of a model: an array of real numbers for each tensor name, ``None`` for what a proof hides.

    A tensor of strings is an array of those, in which ``None`` stands for any that the model does not know; a missing number is NaN.
    With a single tensor, numpy takes the whole for that array: ``np.argmax(result)``.
    """

    __slots__ = ("_integers", "_reals", "openings", "saturated")

    def __init__(
        self,
        tensors: list[tuple[str, NDArray[np.float64] | list[str | None] | None, NDArray[np.int64] | None]],
        saturated: tuple[Saturated, ...] = (),
        openings: Mapping[str, Opening] = MappingProxyType({}),
    ) -> None:
        self._integers = {name: integers for name, _, integers in tensors}
        self._reals: dict[str, NDArray[Any] | None] = {
            # Strings are a list, which numpy would give a type of its own.
            name: np.array(reals, dtype=object).reshape(np.asarray(integers).shape) if isinstance(reals, list) else reals
            for name, reals, integers in tensors
        }
        self.saturated = saturated
        """Of outputs of a run: what lay beyond the ranges that calibration gave, on the way from the input to them."""
        self.openings = dict(openings)
        """Of outputs that were proven: what opens the fresh commitments of the proof, by name of input or output. It is secret."""

    @property
    def integers(self) -> Mapping[str, Any]:
        """The integers of the program that was proven, which the real numbers are multiples of."""
        return self._integers

    def __getitem__(self, name: str) -> Any:
        return self._reals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reals)

    def __len__(self) -> int:
        return len(self._reals)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if len(self._reals) != 1:
            raise TypeError(f"there are several tensors: choose one of {', '.join(self._reals)}")
        ((name, only),) = self._reals.items()
        if only is None:
            raise TypeError(f"`{name}` is hidden: the proof does not show it")
        return np.array(only, dtype=dtype, copy=True) if copy else np.asarray(only, dtype=dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensors):
            return NotImplemented
        mine, theirs = self._integers, other._integers
        same = mine.keys() == theirs.keys() and all(_same(mine[name], theirs[name]) for name in mine)
        return same and all(_same(self[name], other[name]) for name in self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        # Shapes only: what a tensor holds may be private.
        shapes = ", ".join(f"{name}: {'hidden' if array is None else list(array.shape)}" for name, array in self.items())
        return f"<Tensors {shapes}>"


def _same(mine: NDArray[Any] | None, theirs: NDArray[Any] | None) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f" and theirs.dtype.kind == "f")


def stacked(outputs: list[tuple[str, list[int], Any]]) -> Any:
    """Outputs with a row for each sample: the only one as an array, several by name. An axis of length 1 is that of samples."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, shape, entries in outputs:
        array = np.array(entries, dtype=object) if isinstance(entries, list) else entries
        of_one = shape[1:] if shape[:1] == [1] else shape
        volume = int(np.prod(of_one, dtype=np.int64))
        arrays[name] = array.reshape(-1 if volume else 0, *of_one)
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


Texts = tuple[list[int], list["str | None"]]
"""An array of strings as the extension module takes it: its shape and its entries, of which ``None`` is missing."""

Given = NDArray[np.float64] | Texts
"""An array of numbers or strings, as the extension module takes it."""


def numbers(value: Any, what: str) -> NDArray[np.float64]:
    """An array of numbers, as the extension module takes it."""
    array = _numpy(value)
    if array.dtype.kind == "O":
        array = _unpacked(array, what)
    if array.dtype.kind not in "fiub":
        raise _refused(what, "numbers", array)
    return np.ascontiguousarray(array, dtype=np.float64)


def entries(value: Any, what: str) -> Given:
    """An array of numbers or strings, as the extension module takes it."""
    array = _numpy(value)
    if array.dtype.kind == "O" and _holds_text(array):
        return list(array.shape), [_text(entry, what) for entry in array.ravel()]
    if array.dtype.kind in "UT":
        return list(array.shape), [_text(entry, what) for entry in array.astype(object).ravel()]
    if array.dtype.kind not in "Ofiub":
        raise _refused(what, "numbers or strings", array)
    return numbers(array, what)


def given(value: Any, what: str) -> Given | dict[str, Given] | list[tuple[str, Given]]:
    """One array, arrays by name, or the columns of a table in order. Of a table in pandas, a row is a series."""
    if is_table(value):
        return [(str(name), entries(column, str(name))) for name, column in value.items()]
    if hasattr(value, "to_frame") and all(isinstance(name, str) for name in value.index):
        return [(name, entries([entry], name)) for name, entry in value.items()]
    if isinstance(value, Mapping):
        return {str(name): entries(array, str(name)) for name, array in value.items()}
    return entries(value, what)


def is_table(value: Any) -> bool:
    """Whether a value is a table of pandas, which is not imported for that."""
    return hasattr(value, "columns") and hasattr(value, "iloc") and hasattr(value, "items")


def _numpy(value: Any) -> NDArray[Any]:
    if hasattr(value, "detach"):  # a torch tensor, which may have a gradient or lie elsewhere
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _is_missing(entry: Any) -> bool:
    # None, NaN, and pandas' NA, which is equal to nothing and no truth value.
    return entry is None or type(entry).__name__ in ("NAType", "NaTType") or (isinstance(entry, float) and entry != entry)


def _holds_text(array: NDArray[Any]) -> bool:
    return any(isinstance(entry, str) for entry in array.ravel())


def _text(entry: Any, what: str) -> str | None:
    if isinstance(entry, str):
        return str(entry)
    if _is_missing(entry):
        return None
    raise InputError(
        f"{what}: expected strings, found {entry!r} among them",
        tensor=what,
        expected="strings",
        found=type(entry).__name__,
    )


def _unpacked(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Numbers that are Python objects, as in a table's column with missing ones."""
    try:
        plain = [float("nan") if _is_missing(entry) else float(entry) for entry in array.ravel() if not isinstance(entry, str)]
    except (TypeError, ValueError):
        raise _refused(what, "numbers or strings", array) from None
    if len(plain) != array.size:
        raise _refused(what, "numbers", array)
    return np.array(plain, dtype=np.float64).reshape(array.shape)


def _refused(what: str, expected: str, array: NDArray[Any]) -> InputError:
    return InputError(
        f"{what}: expected an array of {expected}, found one of type {array.dtype}",
        tensor=what,
        expected=expected,
        found=str(array.dtype),
    )
