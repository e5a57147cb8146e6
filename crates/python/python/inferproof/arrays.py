"""Arrays by tensor name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .saturation import Saturated

__all__ = ["Tensors", "numbers", "given"]


class Tensors(Mapping[str, NDArray[np.float64]]):
    """Inputs or outputs of a model: an array of real numbers for each tensor name.

    With a single tensor, numpy takes the whole for that array: ``np.argmax(result)``.
    """

    __slots__ = ("_integers", "_reals", "saturated")

    def __init__(
        self,
        tensors: list[tuple[str, NDArray[np.float64], NDArray[np.int64]]],
        saturated: tuple[Saturated, ...] = (),
    ) -> None:
        self._reals = {name: reals for name, reals, _ in tensors}
        self._integers = {name: integers for name, _, integers in tensors}
        self.saturated = saturated
        """Of outputs of a run: what lay beyond the ranges that calibration gave, on the way from the input to them."""

    @property
    def integers(self) -> Mapping[str, NDArray[np.int64]]:
        """The integers of the program that was proven, which the real numbers are multiples of."""
        return self._integers

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self._reals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reals)

    def __len__(self) -> int:
        return len(self._reals)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if len(self._reals) != 1:
            raise TypeError(f"there are several tensors: choose one of {', '.join(self._reals)}")
        (only,) = self._reals.values()
        return np.array(only, dtype=dtype, copy=True) if copy else np.asarray(only, dtype=dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensors):
            return NotImplemented
        mine, theirs = self._integers, other._integers
        same = mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)
        return same and all(np.array_equal(self[name], other[name]) for name in self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        # Shapes only: what a tensor holds may be private.
        shapes = ", ".join(f"{name}: {list(array.shape)}" for name, array in self.items())
        return f"<Tensors {shapes}>"


def numbers(value: Any, what: str) -> NDArray[np.float64]:
    """An array of numbers, as the extension module takes it."""
    if hasattr(value, "detach"):  # a torch tensor, which may have a gradient or lie elsewhere
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"{what}: expected an array of numbers, found one of type {array.dtype}",
            tensor=what,
            expected="numbers",
            found=str(array.dtype),
        )
    return np.ascontiguousarray(array, dtype=np.float64)


def given(value: Any, what: str) -> NDArray[np.float64] | dict[str, NDArray[np.float64]]:
    """One array, or arrays by name."""
    if isinstance(value, Mapping):
        return {str(name): numbers(array, str(name)) for name, array in value.items()}
    return numbers(value, what)
