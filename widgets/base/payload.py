"""The payload for the browser: a JSON header, then the arrays, compressed.

    4 bytes   length of the header, little-endian
    header    JSON: {"digest", "content", "plain", "meta",
                     "arrays": [{"name", "dtype", "shape", "offset", "bytes"}]}
    body      the arrays one after another; zlib-compressed unless they are small (`plain`): the
              browser has `DecompressionStream`

Booleans are packed eight to a byte, least significant bit first. Streamlit sends the same bytes at
every rerun; the digest lets the browser skip those that it has unpacked. `content` is the digest of
the arrays alone, for grids that share them.

The user's actions must not change the payload: it would return as new content. Streamlit also keeps
large messages for a few runs only: a payload that returns to an older form during a rerun (an undo)
can be one that the browser has just dropped, which ends the connection.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

_DTYPES = ("uint8", "uint16", "int32", "float32")
_FEW_BYTES = 4096
_KEPT_BYTES = 2**19
_ALIGNMENT = 4  # a Float32Array must start at a multiple of four bytes


@dataclass(frozen=True)
class PackedArrays:
    """Compressed arrays: slow to make, small to keep, so a page may cache them."""

    layout: tuple[Mapping[str, Any], ...]
    body: bytes
    digest: str
    plain: bool


def pack_arrays(arrays: Mapping[str, npt.ArrayLike]) -> PackedArrays:
    """Compress named arrays of bool, uint8, uint16, int32 or float32.

    Raises `ValueError` for any other type.
    """
    layout: list[dict[str, Any]] = []
    parts: list[bytes] = []
    offset = 0
    for name, given in arrays.items():
        array = np.ascontiguousarray(given)
        raw = _raw_bytes(name, array)
        dtype = "bits" if array.dtype == np.bool_ else array.dtype.name
        layout.append(
            {
                "name": name,
                "dtype": dtype,
                "shape": list(array.shape),
                "offset": offset,
                "bytes": len(raw),
            }
        )
        padding = -len(raw) % _ALIGNMENT
        parts += [raw, bytes(padding)]
        offset += len(raw) + padding
    plain = b"".join(parts)
    digest = blake2b(plain + json.dumps(layout).encode(), digest_size=8).hexdigest()
    few = len(plain) <= _FEW_BYTES
    return PackedArrays(tuple(layout), plain if few else _compressed(plain), digest, few)


def _compressed(plain: bytes) -> bytes:
    return _recently_compressed(plain) if len(plain) <= _KEPT_BYTES else _deflated(plain)


def _deflated(plain: bytes) -> bytes:
    return zlib.compress(plain, level=4)


# Reruns repeat most of a page's pictures, and a class watches the same training.
_recently_compressed = lru_cache(maxsize=16)(_deflated)


def pack(
    meta: Mapping[str, Any],
    arrays: Mapping[str, npt.ArrayLike] | PackedArrays,
) -> tuple[bytes, str]:
    """`(payload, digest)`: the bytes for the browser, and the digest of their content."""
    packed = arrays if isinstance(arrays, PackedArrays) else pack_arrays(arrays)
    written = json.dumps(meta, sort_keys=True)
    digest = blake2b((written + packed.digest).encode(), digest_size=8).hexdigest()
    described = {"digest": digest, "content": packed.digest, "plain": packed.plain}
    header = json.dumps(described | {"meta": meta, "arrays": packed.layout}).encode()
    return struct.pack("<I", len(header)) + header + packed.body, digest


def unpack(payload: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The inverse of `pack`: `(meta, arrays)`."""
    (length,) = struct.unpack_from("<I", payload)
    header = json.loads(payload[4 : 4 + length])
    body = payload[4 + length :]
    if not header["plain"]:
        body = zlib.decompress(body)
    return header["meta"], {spec["name"]: _array(spec, body) for spec in header["arrays"]}


def _raw_bytes(name: str, array: npt.NDArray[Any]) -> bytes:
    if array.dtype == np.bool_:
        return np.packbits(array, bitorder="little").tobytes()
    if array.dtype.name not in _DTYPES:
        raise ValueError(
            f"The array {name!r} has type {array.dtype}. Use bool or one of {', '.join(_DTYPES)}."
        )
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _array(spec: Mapping[str, Any], body: bytes) -> npt.NDArray[Any]:
    raw = np.frombuffer(body, np.uint8, count=spec["bytes"], offset=spec["offset"])
    if spec["dtype"] == "bits":
        size = int(np.prod(spec["shape"], dtype=np.int64))
        flat = np.unpackbits(raw, count=size, bitorder="little").astype(bool)
    else:
        flat = raw.view(np.dtype(spec["dtype"]).newbyteorder("<"))
    return flat.reshape(spec["shape"])
