"""A model may be traced while other threads use theirs."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import trace
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model


def _tiny(name: str) -> AutoregressiveModel:
    return build_model(name, height=8, width=8, **presets(name)["tiny"])


def _trace_often(model: AutoregressiveModel) -> set[int]:
    return {len(trace(model).values) for _ in range(20)}


def _learn_often(model: AutoregressiveModel) -> int:
    images = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    for _ in range(100):
        model.log_prob(images).sum().backward()
    return sum(weight.grad is not None for weight in model.parameters())


@pytest.mark.parametrize("name", ["pixelcnn", "gated_pixelcnn"])
def test_tracing_and_other_threads_do_not_disturb_each_other(name: str) -> None:
    traced, alone = _tiny(name), _tiny(name)
    expected = len(trace(traced).values)
    with ThreadPoolExecutor(4) as pool:
        traces = [pool.submit(_trace_often, model) for model in (traced, _tiny("pixelcnn"))]
        learning = [pool.submit(_learn_often, model) for model in (alone, _tiny("pixelcnn"))]
        assert traces[0].result() == {expected}
        assert traces[1].result()
        assert learning[0].result() == len(list(alone.parameters()))
        assert learning[1].result() > 0


def test_tracing_replaces_no_function_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """`numba` compiles in another thread, using the functions in `math`."""
    model = _tiny("pixelcnn")
    network, held = type(model).network, set()

    def looking(self: AutoregressiveModel, images: Tensor, labels: Tensor | None) -> Tensor:
        held.add(math.exp)
        return network(self, images, labels)

    monkeypatch.setattr(type(model), "network", looking)
    trace(model)
    assert held == {math.exp}
