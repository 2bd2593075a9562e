"""A PixelCNN++ shortened on its graph sees what one of that depth sees."""

import pytest

from pixelcnn.causality.reach import sub_pixel_relation
from pixelcnn.causality.shortening import shortened
from pixelcnn.models.graph import trace
from pixelcnn.models.registry import build_model

_DEEP = 4


@pytest.mark.parametrize("resolutions", [1, 2, 3])
@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
def test_a_shortened_graph_sees_what_a_shallower_network_sees(
    resolutions: int, blocks: int
) -> None:
    size = {"height": 13, "width": 13, "hidden_channels": 2, "resolutions": resolutions}
    deep = build_model("pixelcnnpp", blocks=_DEEP, **size)
    built = build_model("pixelcnnpp", blocks=blocks, **size)
    graph = shortened(trace(deep), _DEEP, blocks)
    expected = trace(built)
    assert [value.op for value in graph.values] == [value.op for value in expected.values]
    assert (sub_pixel_relation(graph, deep) == sub_pixel_relation(expected, built)).all()
