"""`executor.wasm` in Python, through wasmtime: a program in its memory, and a batch at a time."""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import wasmtime
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.sampling.wasm.portable import Portable

WASM = Path(__file__).parent / "executor.wasm"

# What `check` in source/check.h answers.
_REFUSALS = (
    "",
    "it is no program for this executor",
    "it has another version; write it again with this version of the library",
    "it is not whole",
    "its header is wrong",
    "a buffer in it is wrong",
    "an operation in it would read or write outside its buffers",
    "a constant in it is wrong",
    "it holds a weight that is not a number, or far too large",
)

_ROOM = 64
"""Bytes behind a program: a vector may be read over its end."""


class Shape(NamedTuple):
    """What room is prepared for."""

    images: int
    guided: bool = False
    keep_rows: bool = False
    with_outputs: bool = False


class Executor:
    """One program in a memory of its own. Not for several threads at a time.

    Raises:
        DataError: a program that the check refuses.
    """

    def __init__(self, program: Portable) -> None:
        self.header = program.header
        self._machine: Machine = self._start()
        self._program = self._call("reserve", len(program.data) + _ROOM)
        self._view(self._program, (len(program.data),), np.uint8)[:] = np.frombuffer(
            program.data, np.uint8
        )
        refusal = self._call("check", self._program, len(program.data))
        if refusal:
            raise DataError(f"The program cannot be run: {_REFUSALS[refusal]}.")
        self._mark = self._call("mark")
        self._context = 0
        self._places: dict[str, int] = {}
        self._options: tuple[float, float, int] | None = None
        self.shape: Shape | None = None

    def _start(self) -> Machine:
        return _WasmMachine()

    def prepare(self, shape: Shape) -> None:
        """Make room for a batch, in place of the one before.

        Raises:
            ConfigError: it does not fit into the memory of the executor.
        """
        if shape == self.shape:
            return
        self.shape = None
        self._places.clear()
        self._options = None
        self._call("release", self._mark)
        self._context = self._call("prepare", self._program, *map(int, shape))
        if not self._context:
            raise ConfigError(f"{shape.images} images do not fit into memory. Ask for fewer.")
        self.shape = shape

    def options(self, temperature: float, guidance: float, log_probs: bool = False) -> None:
        """How to draw, and whether to keep the log-probabilities of what stands in each row."""
        asked = (temperature, guidance, int(log_probs))
        if asked != self._options:
            self._call("options", self._context, *asked)
            self._options = asked

    def begin(self) -> None:
        """After images, labels and uniforms were written, and before the first row."""
        self._call("begin", self._context)

    def rows(self, row: int, first_column: int, stop: int) -> None:
        """Fill the rows from (row, first_column) to the row before `stop`."""
        self._call("rows", self._context, row, first_column, stop)

    def array(self, name: str) -> NDArray[Any]:
        """A view of memory, to read and to write, until the next `prepare`.

        `images` and `known`, uint8, and `uniforms` and `log_probs`, float32: `(n, C, H, W)`.
        `labels`: int32 `(n,)`. `outputs`: float32 `(n, H, W, C * P)`, if they are kept. With
        guidance the last two have 2 n images: the second half has no label.
        """
        assert self.shape is not None, "prepare comes first"
        header, images = self.header, self.shape.images
        batch = images * (2 if self.shape.guided else 1)
        size = (header["height"], header["width"])
        shape: tuple[int, ...] = (images, header["colours"], *size)
        dtype: type = np.float32
        if name == "labels":
            shape, dtype = (batch,), np.int32
        elif name == "outputs":
            shape = (batch, *size, header["colours"] * header["parameters"])
        elif name in ("images", "known"):
            dtype = np.uint8
        if name not in self._places:  # a call from Python costs 50 microseconds
            self._places[name] = self._call(name, self._context)
        return self._view(self._places[name], shape, dtype)

    def saved_image(self, image: int) -> NDArray[np.uint8]:
        """All that is kept of the network for one image, and its label, to be loaded elsewhere.

        Raises:
            ConfigError: the executor has no room for a copy.
        """
        size = self._call("size_of_image", self._context)
        mark = self._call("mark")
        place = self._call("reserve", size)
        if not place:
            raise ConfigError("There is no memory for a copy of an image. Ask for fewer.")
        self._call("save", self._context, image, place)
        saved = self._view(place, (size,), np.uint8).copy()
        self._call("release", mark)
        return saved

    def load_image(self, image: int, saved: NDArray[np.uint8]) -> None:
        """Take over what `saved_image` gave, of an executor of the same program and rows.

        Raises:
            DataError: it is of another program.
            ConfigError: the executor has no room for a copy.
        """
        if saved.size != self._call("size_of_image", self._context):
            raise DataError("What was kept of an image belongs to another program.")
        mark = self._call("mark")
        place = self._call("reserve", saved.size)
        if not place:
            raise ConfigError("There is no memory for a copy of an image. Ask for fewer.")
        self._view(place, saved.shape, np.uint8)[:] = saved
        self._call("load", self._context, image, place)
        self._call("release", mark)

    def peaks(self) -> Callable[[], NDArray[np.float32]]:
        """A function that tells the largest size so far of a number in each buffer."""
        count = self.header["buffers"]
        place = self._call("reserve", 4 * count)

        def so_far() -> NDArray[np.float32]:
            self._call("peaks", self._context, place)
            return self._view(place, (count,), np.float32).copy()

        return so_far

    def apply(self, name: str, function: int, numbers: NDArray[Any]) -> NDArray[Any]:
        """A function of functions.h, `apply` or `apply_double`, of each number."""
        place = self._call("reserve", numbers.nbytes)
        view = self._view(place, numbers.shape, numbers.dtype.type)
        view[:] = numbers
        self._call(name, function, place, numbers.size)
        return view.copy()

    def _call(self, name: str, *arguments: float) -> int:
        return self._machine.call(name, *arguments)

    def _view(self, place: int, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
        count = math.prod(shape)
        return (
            self._machine.memory(place, count * np.dtype(dtype).itemsize).view(dtype).reshape(shape)
        )


class Machine(ABC):
    """What runs the executor."""

    @abstractmethod
    def call(self, name: str, *arguments: float) -> int:
        """Call an exported function; 0 if it returns nothing."""

    @abstractmethod
    def memory(self, place: int, size: int) -> NDArray[np.uint8]:
        """A view of some bytes."""


class _WasmMachine(Machine):
    def __init__(self) -> None:
        engine, module = _module()
        self._store = wasmtime.Store(engine)
        self._exports: Any = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._functions: dict[str, Any] = {}
        self._memory: Any = self._exports["memory"]
        self._every = np.zeros(0, np.uint8)

    def call(self, name: str, *arguments: float) -> int:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = self._exports[name]
        # Places are unsigned, and come back as signed numbers.
        signed = (n - 2**32 if isinstance(n, int) and n >= 2**31 else n for n in arguments)
        return (function(self._store, *signed) or 0) & 0xFFFFFFFF

    def memory(self, place: int, size: int) -> NDArray[np.uint8]:
        length = self._memory.data_len(self._store)
        if self._every.size != length:  # memory moves only when it grows
            start = self._memory.data_ptr(self._store)
            self._every = np.ctypeslib.as_array(start, (length,))
        return self._every[place : place + size]


def begin_compiling() -> None:
    """Let a thread compile the executor while the caller does something else."""
    threading.Thread(target=_module, name="compiling the executor", daemon=True).start()


_COMPILING = threading.Lock()


def _module() -> tuple[wasmtime.Engine, wasmtime.Module]:
    with _COMPILING:
        return _compiled()


@cache
def _compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """The executor, compiled for this machine: some 40 ms."""
    engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, WASM.read_bytes())
