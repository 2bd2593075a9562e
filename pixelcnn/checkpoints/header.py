"""The header of a checkpoint, checked before it is trusted.

A safetensors file is eight bytes of length, that many bytes of JSON, and raw numbers. The JSON
has each tensor's type, shape and offset, and a text-to-text dictionary `__metadata__`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pixelcnn.checkpoints.card_types import typed_card
from pixelcnn.errors import CheckpointError

FORMAT = "pixelcnn-lab/1"
MAX_FILE_BYTES = 256 * 2**20
MAX_HEADER_BYTES = 2 * 2**20
DTYPE_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_LENGTH_BYTES = 8
_MAX_DIMENSIONS = 8
_LONGEST_MESSAGE = 400

Card = dict[str, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Header:
    """The metadata of a checkpoint, readable without its weights.

    Attributes:
        model: the architecture's name.
        config: all of its options.
        card: facts about the weights, see `pixelcnn.checkpoints.save_checkpoint`.
        shapes: {tensor name: shape}.
    """

    model: str
    config: dict[str, Any]
    card: Card
    shapes: dict[str, Shape] = field(repr=False)

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(math.prod(shape) for shape in self.shapes.values())


def refusal(path: Path, problem: str) -> CheckpointError:
    """The error for an unusable file, with the reason as a clause."""
    # It may quote the file, which must not flood the message.
    words = " ".join(problem.split())
    if len(words) > _LONGEST_MESSAGE:
        words = f"{words[:_LONGEST_MESSAGE]} ..."
    return CheckpointError(f"{path.name or path} cannot be used: {words}.")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file of acceptable size; errors inside become a `CheckpointError`."""
    # Checked before opening, which would block on a named pipe.
    if path.is_dir():
        raise refusal(path, "it is a folder; give the .safetensors file itself")
    if not path.exists():
        raise refusal(path, "there is no such file; check the path")
    if not path.is_file():
        raise refusal(path, "it is not an ordinary file; give a .safetensors file")
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise refusal(path, f"reading failed ({reason(error)}); check its permissions") from error


def reason(error: OSError) -> str:
    """The operating system's message, in lower case and without the path."""
    return (error.strerror or str(error)).lower()


def read_header(file: BinaryIO, path: Path) -> Header:
    """Read and check the header of an open file; `path` is for messages.

    Raises:
        CheckpointError: the header is invalid; the message says why.
    """
    raw = _header_json(file, path)
    try:
        entries = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise refusal(
            path, "its header is not JSON, so it is damaged; download it again"
        ) from error
    metadata = entries.pop("__metadata__", {}) if isinstance(entries, dict) else None
    if not isinstance(metadata, dict) or metadata.get("format") is None:
        raise refusal(
            path,
            "it was not saved by this lab, which stores the architecture with the weights; use "
            "a file written by save_checkpoint",
        )
    if metadata["format"] != FORMAT:
        raise refusal(
            path,
            f"its format is {short(metadata['format'])}, and this version reads {FORMAT}; "
            "use the version of the lab that wrote it, or train again",
        )
    if not isinstance(metadata.get("model"), str):
        raise refusal(path, "it names no architecture, so it is damaged; download it again")
    header = Header(
        model=metadata["model"],
        config=_json_object(metadata, "config", path),
        card=typed_card(_json_object(metadata, "card", path)),
        shapes={name: _shape(name, entry, path) for name, entry in entries.items()},
    )
    _check_length(file, len(raw), header.shapes, entries, path)
    return header


def _header_json(file: BinaryIO, path: Path) -> bytes:
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise refusal(path, "it is empty; download it again")
    if size > MAX_FILE_BYTES:
        raise refusal(
            path,
            f"it has {size / 2**20:.0f} MB, more than the limit of {MAX_FILE_BYTES // 2**20} MB "
            "for checkpoints of this lab",
        )
    start = file.read(_LENGTH_BYTES + 1)
    length = int.from_bytes(start[:_LENGTH_BYTES], "little")
    if len(start) <= _LENGTH_BYTES or start[_LENGTH_BYTES:] != b"{" or length > MAX_FILE_BYTES:
        raise refusal(path, _foreign(start))
    if length > size - _LENGTH_BYTES:
        raise refusal(path, "it is truncated in the middle of its header; download it again")
    if length > MAX_HEADER_BYTES:
        raise refusal(
            path,
            f"its header has {length} bytes, more than the limit of {MAX_HEADER_BYTES}",
        )
    file.seek(_LENGTH_BYTES)
    return file.read(length)


def _foreign(start: bytes) -> str:
    """A guess at the type of a file that is not safetensors, from its first bytes."""
    if start.startswith(b"PK\x03\x04") or (start[:1] == b"\x80" and start[1:2] <= b"\x05"):
        return (
            "it looks like a pickled PyTorch file (.pt, .pth, .ckpt). Opening a pickle can run "
            "code, so this lab never does. If you trust it, load it yourself and write it again "
            "with save_checkpoint"
        )
    return "it is not a safetensors file, or it is damaged; use one written by save_checkpoint"


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _json_object(metadata: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(metadata.get(key, ""), parse_constant=_refuse_constant)
    except (ValueError, TypeError, RecursionError) as error:
        raise refusal(
            path, f"its {key} is not JSON, so it is damaged; download it again"
        ) from error
    if not isinstance(value, dict):
        raise refusal(path, f"its {key} is not a dictionary, so it is damaged; download it again")
    return value


def _shape(name: str, entry: Any, path: Path) -> Shape:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if (
        not isinstance(shape, list)
        or len(shape) > _MAX_DIMENSIONS
        or not all(type(size) is int and 0 <= size <= MAX_FILE_BYTES for size in shape)
    ):
        raise refusal(path, f"the shape of {short(name)} is damaged; download it again")
    dtype = entry.get("dtype")
    if not isinstance(dtype, str) or dtype not in DTYPE_BYTES:
        raise refusal(
            path,
            f"{short(name)} is stored as {short(dtype)}; weights must be {', '.join(DTYPE_BYTES)}",
        )
    return tuple(shape)


def _check_length(
    file: BinaryIO, header_bytes: int, shapes: dict[str, Shape], entries: Any, path: Path
) -> None:
    claimed = sum(
        math.prod(shape) * DTYPE_BYTES[entries[name]["dtype"]] for name, shape in shapes.items()
    )
    held = file.seek(0, 2) - _LENGTH_BYTES - header_bytes
    if claimed != held:
        raise refusal(
            path,
            f"it should have {claimed} bytes of weights but has {held}, so it is truncated or "
            "damaged; download it again",
        )


def short(value: object) -> str:
    """A value from the file for a message, shortened, since the file may be hostile."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
