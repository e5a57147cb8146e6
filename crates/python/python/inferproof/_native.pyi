"""The extension module; the package wraps all of it."""

from collections.abc import Callable, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from .accuracy import Counted, Scored
from .statements import Said
from .trust import Trust

__all__ = [
    "Key",
    "Model",
    "Opening",
    "Prover",
    "Rows",
    "Verifier",
    "__version__",
    "check",
    "commit_samples",
    "compile",
    "inspect_proof",
    "main",
    "plan_slices",
    "prove_accuracy",
    "read_public",
    "save_public",
    "verify_accuracy",
    "verify_chain",
    "write_file",
]

__version__: str

_Array = NDArray[np.float64] | tuple[list[int], list[str | None]]
_Given = _Array | dict[str, _Array] | list[tuple[str, _Array]]
_Tensor = tuple[str, NDArray[np.float64] | list[str | None] | None, NDArray[np.int64] | None]
_Stacked = tuple[str, list[int], NDArray[np.float64] | list[str | None]]
_Listener = Callable[[str, int, int], object]

@final
class Model:
    @staticmethod
    def open(path: str) -> Model: ...
    def save(self, path: str, replace: bool) -> None: ...
    def predict(
        self, given: _Given, strict: bool, listener: _Listener | None
    ) -> tuple[list[_Stacked], str]: ...
    @property
    def id(self) -> str: ...
    @property
    def private(self) -> bool: ...
    @property
    def key(self) -> bytes: ...
    @property
    def card(self) -> str | None: ...

@final
class Key:
    def __new__(cls, key: bytes, path: str) -> Key: ...
    @property
    def report(self) -> str: ...
    def statement(self, said: Said) -> tuple[str, str]: ...
    def explain(
        self, claims: Sequence[str], start: Sequence[str], stop: Sequence[str]
    ) -> list[tuple[str, list[str]]]: ...
    def read_statement(self, json: str) -> tuple[str, str]: ...

@final
class Opening:
    @staticmethod
    def open(path: str) -> Opening: ...
    def save(self, path: str, replace: bool) -> None: ...
    @property
    def id(self) -> str: ...
    @property
    def shape(self) -> list[int]: ...
    @property
    def commitment(self) -> bytes: ...

@final
class Rows:
    def __len__(self) -> int: ...

@final
class Prover:
    def __new__(cls, model: Model, trust: Trust) -> Prover: ...
    def rows(self, given: _Given | None, statement: str, openings: Sequence[Opening]) -> Rows: ...
    def run(self, rows: Rows, strict: bool) -> tuple[list[_Tensor], str]: ...
    def predict(self, rows: Rows, strict: bool, listener: _Listener | None) -> tuple[list[_Stacked], str]: ...
    def prove(
        self,
        rows: Rows,
        row: int,
        statement: str,
        openings: Sequence[Opening],
        strict: bool,
        listener: _Listener | None,
    ) -> tuple[list[_Tensor], bytes, list[tuple[str, Opening]], str]: ...

@final
class Verifier:
    def __new__(cls, key: bytes, path: str, recheck: bool, trust: Trust) -> Verifier: ...
    @property
    def id(self) -> str: ...
    def commit(self, values: _Given, name: str | None, strict: bool) -> tuple[Opening, str]: ...
    def verify(
        self, proofs: list[tuple[bytes, str]], input: _Given | None, output: _Given | None, strict: bool
    ) -> tuple[list[tuple[str | None, list[_Tensor], list[_Tensor], list[tuple[str, str]]]], str]: ...

def commit_samples(
    verifier: Verifier, values: _Array, name: str, counted: Counted | None, strict: bool
) -> tuple[Opening, str]: ...
def prove_accuracy(
    prover: Prover,
    said: Scored,
    data: object,
    memory: int,
    part: int | None,
    strict: bool,
    listener: _Listener | None,
) -> tuple[list[_Tensor], bytes, str, int, list[tuple[str, list[str]]], str]: ...
def verify_accuracy(
    verifier: Verifier, proof: bytes, said: Scored, data: object, strict: bool
) -> tuple[str | None, list[_Tensor] | None, int, str, int, list[tuple[str, list[str]]], str]: ...
def verify_chain(
    verifier: Verifier,
    proofs: list[tuple[str, bytes]],
    statement: str,
    start: list[tuple[str, list[int] | None, str | None]],
    position: tuple[str, int] | None,
    length: int | None,
) -> tuple[str | None, str]: ...
def plan_slices(key: Key, memory: int | None, parts: int | None) -> str: ...
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
    curve: str,
    weight_bits: int | None,
    activation_bits: int | None,
    input_bits: int | None,
    tolerance: float,
    feeds: Sequence[tuple[str, str]],
    alike: Sequence[tuple[str, str, bytes, str]],
    strict: bool,
    listener: _Listener | None,
) -> tuple[Model, list[tuple[float, float]], list[tuple[float, float]]]: ...
def check(
    onnx: bytes, name: str, dims: Sequence[str], dequantize: bool, weight_bits: int, activation_bits: int
) -> str: ...
def inspect_proof(proof: bytes) -> str: ...
def read_public(path: str) -> tuple[bytes, str | None]: ...
def save_public(path: str, key: bytes, card: str | None, replace: bool) -> None: ...
def write_file(path: str, data: bytes, replace: bool) -> None: ...
def main(arguments: Sequence[str], itself: Sequence[str]) -> int: ...
