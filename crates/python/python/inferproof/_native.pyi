"""The extension module; the package wraps all of it."""

from collections.abc import Callable, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Model",
    "Prover",
    "Verifier",
    "__version__",
    "check",
    "compile",
    "inspect_key",
    "inspect_proof",
    "main",
    "read_public",
    "save_public",
    "write_file",
]

__version__: str

_Array = NDArray[np.float64] | tuple[list[int], list[str | None]]
_Given = _Array | dict[str, _Array] | list[tuple[str, _Array]]
_Tensor = tuple[str, NDArray[np.float64] | list[str | None], NDArray[np.int64]]
_Listener = Callable[[str, int, int], object]

@final
class Model:
    @staticmethod
    def open(path: str) -> Model: ...
    def save(self, path: str, replace: bool) -> None: ...
    @property
    def id(self) -> str: ...
    @property
    def private(self) -> bool: ...
    @property
    def key(self) -> bytes: ...
    @property
    def card(self) -> str | None: ...

@final
class Prover:
    def __new__(cls, model: Model) -> Prover: ...
    def run(self, input: _Given, strict: bool) -> tuple[list[_Tensor], str]: ...
    def prove(
        self, input: _Given, context: bytes, strict: bool, listener: _Listener | None
    ) -> tuple[list[_Tensor], bytes, str]: ...

@final
class Verifier:
    def __new__(cls, key: bytes, path: str, recheck: bool) -> Verifier: ...
    @property
    def id(self) -> str: ...
    def verify(
        self, proof: bytes, context: bytes, input: _Given | None, output: _Given | None, strict: bool
    ) -> tuple[str | None, list[_Tensor] | None, list[_Tensor] | None, str]: ...

def compile(
    onnx: bytes,
    name: str,
    *,
    dims: Sequence[str],
    dequantize: bool,
    calibration: _Given,
    evaluation: _Given | None,
    labels: Sequence[int] | None,
    weights: str,
    input: str,
    output: str,
    curve: str,
    weight_bits: int | None,
    activation_bits: int | None,
    input_bits: int | None,
    tolerance: float,
    strict: bool,
    listener: _Listener | None,
) -> tuple[Model, list[tuple[float, float]], list[tuple[float, float]]]: ...
def check(
    onnx: bytes, name: str, dims: Sequence[str], dequantize: bool, weight_bits: int, activation_bits: int
) -> str: ...
def inspect_key(key: bytes, path: str) -> str: ...
def inspect_proof(proof: bytes) -> str: ...
def read_public(path: str) -> tuple[bytes, str | None]: ...
def save_public(path: str, key: bytes, card: str | None, replace: bool) -> None: ...
def write_file(path: str, data: bytes) -> None: ...
def main(arguments: Sequence[str], itself: Sequence[str]) -> int: ...
