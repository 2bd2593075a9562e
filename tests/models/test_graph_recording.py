"""A recording of one network serves others with other kernels, masks and weights."""

import numpy as np
import pytest

from pages.shared.architectures import ARCHITECTURES
from pixelcnn.causality.depth_growth import put_mask_b_first
from pixelcnn.causality.reach import sub_pixel_relation
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.graph import record, trace
from pixelcnn.models.registry import build_model

SIZE = 12


def build(name: str, **kernels: int) -> AutoregressiveModel:
    options = {"hidden_channels": 2, "blocks": 2, **ARCHITECTURES[name].options, **kernels}
    return build_model(ARCHITECTURES[name].model, height=SIZE, width=SIZE, **options)


@pytest.mark.parametrize("mask", ["A", "B"])
@pytest.mark.parametrize(("first", "kernel"), [(3, 3), (5, 7), (11, 5)])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_graph_from_another_model_s_recording_is_the_model_s_own(
    name: str, first: int, kernel: int, mask: str
) -> None:
    model = build(name, first_kernel_size=first, kernel_size=kernel)
    if mask == "B":
        put_mask_b_first(model)
    graph, expected = trace(model, record(build(name))), trace(model)
    assert [(value.name, value.op, value.channels, value.layer) for value in graph.values] == [
        (value.name, value.op, value.channels, value.layer) for value in expected.values
    ]
    assert np.array_equal(sub_pixel_relation(graph, model), sub_pixel_relation(expected, model))
