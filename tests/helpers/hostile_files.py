"""`python -m tests.helpers.hostile_files FOLDER` reads hostile files as uploads.

They are made by fixed seeds: 400, or as many as HOSTILE_FILES says. Prints as JSON what became of
them, and by how much this process's memory grew. A process of its own, so that a crash is noticed
and the memory of other tests does not count.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import random
import resource
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from pixelcnn.checkpoints.files import load_checkpoint, save_checkpoint
from pixelcnn.data.images import read_image, read_mask
from pixelcnn.errors import LabError
from pixelcnn.film.film import draw_film, read_film
from pixelcnn.models.registry import build_model
from pixelcnn.pictures.sets import read_sent

EACH = int(os.environ.get("HOSTILE_FILES", "400")) // 4  # of four kinds
_NUMBERS = (0, 1, 255, 2**15, 2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1)
_LIES = (None, -1, 2**62, 1e308, "x" * 9999, [], {}, [2**31, 2**31], "../../x", True)


def mutated(content: bytes, dice: random.Random) -> bytes:
    """A file with one to four random faults."""
    spoilt = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(spoilt))
        kind = dice.randrange(6)
        if kind == 0:
            del spoilt[at:]
        elif kind == 1:
            spoilt[at] ^= 1 << dice.randrange(8)
        elif kind == 2:
            spoilt[at : at + 8] = struct.pack(dice.choice("<>") + "Q", dice.choice(_NUMBERS))
        elif kind == 3:
            spoilt[at:at] = dice.randbytes(dice.randint(1, 64))
        elif kind == 4:
            value = dice.choice(_NUMBERS) % 2**32
            spoilt[at : at + 4] = struct.pack(dice.choice("<>") + "I", value)
        else:
            spoilt[at : at + 16] = spoilt[:16]
        spoilt = spoilt or bytearray(b"\0")
    return bytes(spoilt)


def checkpoints(folder: Path, model: Any) -> Iterator[bytes]:
    """Damaged files, wrong headers, and files of other programs."""
    path = folder / "sound.safetensors"
    save_checkpoint(path, model, {"data": {"name": "mnist5k"}})
    sound = path.read_bytes()
    (length,) = struct.unpack("<Q", sound[:8])
    header, rest = json.loads(sound[8 : 8 + length]), sound[8 + length :]
    dice = random.Random(1)
    yield pickle.dumps({"state": 1})
    yield gzip.compress(sound)
    yield struct.pack("<Q", 2**62) + b"{" + rest
    yield struct.pack("<Q", 10**6) + b"[" * 10**6
    while True:
        if dice.random() < 0.5:
            yield mutated(sound, dice)
            continue
        lying = json.loads(json.dumps(header))
        inner = json.loads(lying["__metadata__"]["config"])
        name = dice.choice(list(lying))
        if name == "__metadata__" or dice.random() < 0.5:
            inner[dice.choice(list(inner))] = dice.choice(_LIES)
            lying["__metadata__"]["config"] = json.dumps(inner)
        else:
            lying[name][dice.choice(["dtype", "shape", "data_offsets"])] = dice.choice(_LIES)
        raw = json.dumps(lying).encode()
        yield struct.pack("<Q", len(raw)) + raw + rest


def huge_png(width: int, height: int, colour: int, depth: int = 8) -> bytes:
    """A PNG that claims a size but has only a few rows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        chunk = kind + body
        return struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = zlib.compress(bytes(10**6))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pictures() -> Iterator[bytes]:
    """Damaged files of each format, and small files of huge images."""
    drawn = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30, 3), dtype=np.uint8))
    sound = []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF", "AVIF"):
        file = io.BytesIO()
        drawn.save(file, kind)
        sound.append(file.getvalue())
    for colour in (0, 2, 3, 4, 6):
        yield huge_png(60_000, 60_000, colour)
        yield huge_png(2**31 - 1, 2, colour)
        yield huge_png(4_999, 5_000, colour)
    for kind, mode in (("PNG", "RGBA"), ("GIF", "P"), ("JPEG", "RGB")):
        image = Image.new(mode, (5000, 5000))
        file = io.BytesIO()
        image.save(file, kind)
        del image  # not to be counted as the reader's memory
        yield file.getvalue()  # valid, at the maximum size, and blank
    yield b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n"
    yield b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://192.0.2.1/x"/></svg>'
    dice = random.Random(2)
    while True:
        yield mutated(dice.choice(sound), dice)


def zipped(model: Any) -> Iterator[bytes]:
    """Zip files of arrays: damaged, with paths outside, and bombs."""
    film = draw_film(model, 1, seed=0, engine="reference").to_npz()
    album = io.BytesIO()
    with zipfile.ZipFile(album, "w", zipfile.ZIP_DEFLATED) as file:
        for number, content in zip(range(8), pictures(), strict=False):
            file.writestr(f"{number % 2}/{number}.png", content if number < 2 else _small_png())
    bomb = io.BytesIO()
    packed = zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed, packed.open("images.png", "w") as entry:
        for _ in range(400):
            entry.write(bytes(2**20))
    yield bomb.getvalue()
    for name in ("../../escaped.png", "../escaped.npy", "images.npy/../../escaped.png"):
        odd = io.BytesIO()
        with zipfile.ZipFile(odd, "w") as file:
            file.writestr(name, _small_png())
        yield odd.getvalue()
    pickled = io.BytesIO()
    np.savez(pickled, images=np.array([{"a": 1}], dtype=object))
    yield pickled.getvalue()
    dice = random.Random(3)
    while True:
        yield mutated(dice.choice([film, album.getvalue()]), dice)


def tables() -> Iterator[bytes]:
    """Tables of numbers: damaged, and with headers that lie."""
    digits = np.random.default_rng(0).integers(0, 255, (9, 8, 8), dtype=np.uint8)
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, digits)
    np.savez(npz, x=digits, y=np.arange(9))
    idx = bytes([0, 0, 8, 3]) + struct.pack(">III", 9, 8, 8) + digits.tobytes()
    csv = "\n".join(",".join(map(str, row)) for row in digits.reshape(9, 64)).encode()
    yield idx[:4] + struct.pack(">III", 2**31, 2**31, 2**31) + idx[16:]
    yield npy.getvalue().replace(b"(9, 8, 8)", b"(9000000, 8000000, 8)"[:9])
    yield gzip.compress(bytes(300 * 2**20), compresslevel=1)
    yield csv.replace(b",", b",1e999,")
    dice = random.Random(4)
    while True:
        yield mutated(dice.choice([npy.getvalue(), npz.getvalue(), idx, csv]), dice)


def _read_table(path: Path) -> None:
    """The same content under each ending that a table may have."""
    content = path.read_bytes()
    for name in ("one.csv", "one.npy", "one.npz", "one-idx3-ubyte", "one.gz"):
        read_sent([(name, content)])


def _small_png() -> bytes:
    file = io.BytesIO()
    Image.new("L", (9, 9), 200).save(file, "PNG")
    return file.getvalue()


def peak_mb() -> float:
    """The peak memory of this process."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main(folder: Path) -> None:
    torch.manual_seed(0)
    small = {"height": 6, "width": 5, "hidden_channels": 4, "blocks": 1, "first_kernel_size": 3}
    model = build_model("pixelcnn", **small).eval()
    config = build_model("pixelcnn", hidden_channels=4, blocks=1).config
    kinds: list[tuple[Iterator[bytes], list[Callable[[Path], Any]]]] = [
        (checkpoints(folder, model), [load_checkpoint]),
        (
            pictures(),
            [
                lambda path: read_image(path, config),
                lambda path: read_mask(path, config),
                lambda path: read_sent([("one.png", path.read_bytes())]),
            ],
        ),
        (
            zipped(model),
            [read_film, lambda path: read_sent([("all.zip", path.read_bytes())])],
        ),
        (tables(), [_read_table]),
    ]
    became: Counter[str] = Counter()
    faults: list[str] = []
    path = folder / "Your file"
    before = 0.0
    for files, readers in kinds:
        for number in range(EACH):
            content = next(files)
            path.write_bytes(content)
            del content
            before = before or peak_mb()
            for read in readers:
                try:
                    read(path)
                    became["read"] += 1
                except LabError as error:
                    became["refused"] += 1
                    message = str(error)
                    if not message.endswith(".") or len(message) > 600 or "\n" in message:
                        faults.append(f"{number}: says {message[:200]!r}")
                except Exception as error:
                    faults.append(f"{number}: {type(error).__name__}: {error}"[:300])
    escaped = [str(one) for one in folder.parent.glob("escaped*")]
    report = {**became, "faults": faults, "escaped": escaped, "grown_mb": peak_mb() - before}
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
