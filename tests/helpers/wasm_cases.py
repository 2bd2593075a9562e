"""Small programs of every kind for the executor, with what to draw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import model_names
from pixelcnn.sampling.wasm.executor import Executor, Shape
from pixelcnn.sampling.wasm.portable import Portable, portable
from tests.helpers.model_cases import VARIANTS, small, variant_name

OUTPUTS = ("images", "outputs", "log_probs")


@dataclass(frozen=True)
class Case:
    """A program, and a batch to draw with it."""

    name: str
    program: Portable
    images: NDArray[np.uint8]
    known: NDArray[np.bool_]
    uniforms: NDArray[np.float32]
    labels: NDArray[np.int32] | None
    temperature: float
    guidance: float

    @property
    def n(self) -> int:
        """How many images."""
        return len(self.images)

    def part(self, some: slice) -> Case:
        """The same with some of the images."""
        labels = self.labels
        if labels is not None:
            copies = 2 if self.guidance else 1
            labels = labels.reshape(copies, -1)[:, some].ravel()
        arrays = (self.images[some], self.known[some], self.uniforms[some])
        return Case(self.name, self.program, *arrays, labels, self.temperature, self.guidance)


def models() -> Iterator[tuple[str, AutoregressiveModel]]:
    """Every architecture in grey, and in colour with labels, as float32."""
    for name, options in VARIANTS:
        yield f"{name} {variant_name(options)}", small(name, **options).float().eval()
    for name in model_names():
        heads = {"heads": 3} if name in ("pixelcnn_attention", "pixelsnail") else {}
        colours = {"channels": 3, "levels": 16, "classes": 3, "label_dropout": 0.1, **heads}
        for conditioning in ("film", "concat"):
            model = small(name, **colours, conditioning=conditioning).float().eval()
            yield f"{name} colours {conditioning}", model


def case_of(
    name: str, model: AutoregressiveModel, program: Portable | None = None, n: int = 20
) -> Case:
    """Images of which a third is given, and one whole row."""
    config, program = model.config, program or portable(model)
    rng = np.random.default_rng(0)
    shape = (n, config.channels, config.height, config.width)
    known = rng.random(shape) < 0.3
    known[:, :, 1] = True
    guidance = 0.7 if config.label_dropout else 0.0
    labels = None
    if config.classes:
        labels = np.arange(n, dtype=np.int32) % config.classes
        labels = np.concatenate([labels, np.full_like(labels, config.no_label)])
    return Case(
        name,
        program,
        rng.integers(0, config.levels, shape, np.uint8) * known,
        known,
        rng.random(shape, np.float32),
        labels,
        0.8 if config.levels > 2 else 1.0,
        guidance,
    )


def start(case: Case, executor: Executor | None = None) -> Executor:
    """An executor in which the case is set."""
    executor = executor or Executor(case.program)
    executor.prepare(Shape(case.n, guided=case.guidance > 0, with_outputs=True))
    executor.options(case.temperature, case.guidance, log_probs=True)
    executor.array("images")[:] = case.images
    executor.array("known")[:] = case.known
    executor.array("uniforms")[:] = case.uniforms
    if case.labels is not None:
        executor.array("labels")[:] = case.labels
    executor.begin()
    return executor


def drawn(case: Case, executor: Executor | None = None) -> dict[str, NDArray[Any]]:
    """`OUTPUTS` of a case that is drawn row by row."""
    executor = start(case, executor)
    for row in range(executor.header["height"]):
        executor.rows(row, 0, row + 1)
    return {name: executor.array(name).copy() for name in OUTPUTS}


def digest(outputs: dict[str, NDArray[Any]]) -> str:
    """Of all bits."""
    return hashlib.sha256(b"".join(outputs[name].tobytes() for name in OUTPUTS)).hexdigest()


def write(case: Case, folder: Path, name: str) -> None:
    """The case as `engine_bits.mjs` reads it."""
    (folder / f"{name}.program").write_bytes(case.program.data)
    arrays = (case.uniforms, case.images, case.known)
    (folder / f"{name}.bin").write_bytes(b"".join(array.tobytes() for array in arrays))
    labels = None if case.labels is None else case.labels.tolist()
    options = {"temperature": case.temperature, "guidance": case.guidance}
    (folder / f"{name}.json").write_text(json.dumps({"n": case.n, "labels": labels, **options}))


def write_native(case: Case, folder: Path, number: int) -> None:
    """The case as `bounds_driver.c` reads it."""
    (folder / f"{number}.program").write_bytes(case.program.data)
    options = np.array([case.temperature, case.guidance], np.float32)
    head = np.array([case.n, int(case.guidance > 0)], np.int32).tobytes() + options.tobytes()
    arrays = [case.uniforms, case.images, case.known]
    if case.labels is not None:
        arrays.append(case.labels[: case.n * (2 if case.guidance else 1)])
    content = head + b"".join(array.tobytes() for array in arrays)
    (folder / f"{number}.bin").write_bytes(content)


def plain_outputs(model: AutoregressiveModel, case: Case, images: NDArray[np.uint8]) -> Any:
    """What the network itself says of finished images: float64 `(n, H, W, C * P)`."""
    labels = None if case.labels is None else torch.from_numpy(case.labels).long()
    repeated = torch.from_numpy(np.concatenate([images, images] if case.guidance else [images]))
    with torch.no_grad():
        output = model.double().network(model.scale(repeated).double(), labels)
    model.float()
    return output.permute(0, 2, 3, 1).numpy()
