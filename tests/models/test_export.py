"""Every architecture through `torch.compile`, `torch.export` and ONNX: the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from pixelcnn.errors import DataError
from pixelcnn.models.base import AutoregressiveModel
from tests.helpers.model_cases import VARIANTS, small, variant_name

GUISES: list[dict[str, Any]] = [
    {"levels": 4},
    {"levels": 4, "classes": 2, "conditioning": "film", "likelihood": "logistic_mixture"},
    {"levels": 2, "classes": 2, "conditioning": "concat", "channels": 3},
]


def inputs_for(model: AutoregressiveModel) -> tuple[Tensor, ...]:
    config = model.config
    shape = (2, config.channels, config.height, config.width)
    images = torch.randint(0, config.levels, shape).to(torch.uint8)
    return (images, torch.tensor([0, 1])) if config.classes else (images,)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.fixture(autouse=True)
def fresh_compiler() -> None:
    torch.compiler.reset()


@pytest.mark.parametrize("guise", GUISES, ids=variant_name)
@pytest.mark.parametrize(("name", "options"), VARIANTS[::2], ids=variant_name)
def test_a_model_compiles_and_exports_as_one_graph(
    name: str, options: dict[str, Any], guise: dict[str, Any]
) -> None:
    model = small(name, **{**options, **guise}).float().eval()
    inputs = inputs_for(model)
    with torch.no_grad():
        expected = model(*inputs)
        # The default backend needs a C++ compiler; whether the graph is whole is decided before it.
        compiled = torch.compile(model, fullgraph=True, backend="eager")
        close(compiled(*inputs), expected)
        close(torch.export.export(model, inputs).module()(*inputs), expected)


@pytest.mark.parametrize(
    ("name", "guise"),
    [
        ("pixelcnn", 1),
        ("gated_pixelcnn", 0),
        ("pixelcnnpp", 2),
        ("pixelsnail", 0),
        ("pixelrnn", 0),
        ("pixelcnn_attention", 1),
    ],
)
def test_onnxruntime_computes_the_same_parameters(name: str, guise: int, tmp_path: Path) -> None:
    model = small(name, **GUISES[guise]).float().eval()
    inputs = inputs_for(model)
    path = tmp_path / "model.onnx"
    torch.onnx.export(model, inputs, path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]
    given = dict(zip(names, (np.asarray(array) for array in inputs), strict=True))
    with torch.no_grad():
        expected = model(*inputs)
    close(torch.from_numpy(session.run(None, given)[0]), expected)


def test_levels_are_still_checked_where_nothing_is_traced() -> None:
    model = small("pixelcnn", levels=3).float()
    wrong = torch.full((1, 1, 4, 5), 3, dtype=torch.uint8)
    with pytest.raises(DataError, match="holds level 3"):
        model(wrong)
