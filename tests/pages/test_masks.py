"""The page Masks & blind spots: what it draws and counts is what the library found."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.nn import functional as F

from pages.masks.trained import DIGITS
from pages.masks.words import ORDERS
from pages.shared.architectures import ARCHITECTURES
from pages.shared.common import unseen
from pages.shared.loaded import loaded
from pixelcnn.causality.depth_growth import receptive_field_by_depth
from pixelcnn.causality.generation_orders import generation_order
from pixelcnn.causality.paths import first_seen_depth
from pixelcnn.introspect.saliency import saliency
from pixelcnn.models.registry import build_model, model_names
from pixelcnn.nn.layers import MaskedConv2d, TapConv2d, VerticalConv2d, causal_mask
from tests.helpers.masks_page import (
    GATED,
    PLAIN,
    open_page,
    relations_on,
    set_control,
    told,
    widget,
)
from widgets.base.payload import unpack


@pytest.fixture(scope="module")
def fresh_page() -> AppTest:
    """The page as it opens, for tests that only read it."""
    return open_page()


def test_it_opens_with_the_exact_counts_in_words(fresh_page: AppTest) -> None:
    assert fresh_page.title[0].value == "What may a pixel see?"
    plain, gated = (text.value for text in fresh_page.markdown if "For all 784" in text.value)
    assert "the first layer and 7 more see **32.5%** of all 306,936 pairs" in plain
    assert "**55,250 are never seen**, at any depth" in plain
    assert "leaks" not in plain + gated
    assert "**39.7%**" in gated
    assert "**0 are never seen**, so there is no blind spot" in gated


@pytest.mark.parametrize(("title", "name"), [(PLAIN, "pixelcnn"), (GATED, "gated_pixelcnn")])
def test_both_grids_get_every_depth_of_the_exact_relation(
    fresh_page: AppTest, title: str, name: str
) -> None:
    expected = receptive_field_by_depth(name)
    relations, limit = relations_on(fresh_page, title)
    assert np.array_equal(relations, expected.relations)
    assert np.array_equal(limit, expected.limit)
    meta, _ = widget(fresh_page, title)
    assert (meta["selected"], meta["depth"]) == ([14, 14], 7)


def test_the_grids_are_linked(fresh_page: AppTest) -> None:
    links = {widget(fresh_page, title)[0]["link"] for title in (PLAIN, GATED)}
    assert len(links) == 1
    assert links != {None}


@pytest.mark.parametrize(
    ("first", "mask", "kernel"), [(7, "A", 5), (3, "A", 3), (9, "B", 3), (11, "B", 7)]
)
def test_every_control_changes_grids_tiles_code_and_counts(
    first: int, mask: str, kernel: int
) -> None:
    page = open_page()
    for name, value in (("first", first), ("mask", mask), ("kernel", kernel)):
        set_control(page, name, value)
    options: Any = {"first_kernel_size": first, "kernel_size": kernel, "first_mask": mask}
    for title, name in ((PLAIN, "pixelcnn"), (GATED, "gated_pixelcnn")):
        expected = receptive_field_by_depth(name, **options)
        assert np.array_equal(relations_on(page, title)[0], expected.relations)
        assert f"**{expected.totals[7].seen_share:.1%}**" in told(page)
        assert f"**{expected.totals[-1].seen_share:.1%}**" in told(page)
    meta, arrays = widget(page, f"First layer: mask {mask}")
    kept = arrays["mask"]
    assert np.array_equal(kept, causal_mask(1, 1, (first, first), mask)[0, 0])  # type: ignore[arg-type]
    assert ("784 leaks**" in told(page)) == (mask == "B")
    assert f"torch.zeros({first}, {first})" in meta["code"][0]


@pytest.mark.parametrize(("first", "mask"), [(3, "A"), (7, "A"), (7, "B"), (11, "B")])
def test_the_pytorch_lines_build_the_mask_and_use_it_as_the_library_does(
    first: int, mask: Any
) -> None:
    page = open_page(first=str(first), mask=mask)
    torch.manual_seed(0)
    layer = MaskedConv2d(1, 4, first, mask, bias=False)
    x = torch.randn(2, 1, 9, 9)
    scope = {"torch": torch, "F": F, "x": x, "w": torch.randn(4, 1, first, first)}
    code = widget(page, f"First layer: mask {mask}")[0]["code"]
    with torch.no_grad():
        layer.weight.copy_(scope["w"])
        exec("\n".join(code), scope)
        assert torch.equal(scope["mask"].bool(), layer.mask[0, 0])
        torch.testing.assert_close(scope["y"], layer(x))


def test_the_blind_spot_is_explained_with_the_kernels_of_both_architectures() -> None:
    page = open_page(kernel="5")
    one = widget(page, "One stack")[1]["mask"]
    vertical = widget(page, "Vertical")[1]["mask"]
    horizontal = widget(page, "Horizontal")[1]["mask"]
    assert np.array_equal(one, causal_mask(1, 1, (5, 5), "B")[0, 0])
    assert np.array_equal(vertical, VerticalConv2d(1, 1, 5).mask[0, 0])
    assert np.array_equal(horizontal, causal_mask(1, 1, (1, 5), "B")[0, 0])
    assert "at most 2 columns per row" in told(page)


def test_every_architecture_of_the_registry_is_there() -> None:
    assert {chosen.model for chosen in ARCHITECTURES.values()} == set(model_names())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_can_be_compared(name: str) -> None:
    chosen = ARCHITECTURES[name]
    page = open_page(left=chosen.paper)
    expected = receptive_field_by_depth(chosen.model, **chosen.options)
    relations, limit = relations_on(page, chosen.title)
    assert len(relations) == 28
    assert np.array_equal(relations[: len(expected.relations)], expected.relations)
    # Where the view is complete sooner, more layers leave it as it is.
    assert all(np.array_equal(later, limit) for later in relations[len(expected.relations) :])
    assert chosen.what in {caption.value for caption in page.caption}
    for title, kept in chosen.kernels(3).items():
        assert np.array_equal(widget(page, title)[1]["mask"], kept)
    assert f"**{expected.totals[-1].seen_share:.1%}**" in told(page)
    assert f"--model {chosen.model} --set" in page.code[-1].value
    assert chosen.paper not in page.selectbox(key="right").options
    metas = [unpack(component.proto.bytes)[0] for component in page.get("bidi_component")]
    (way,) = [meta for meta in metas if meta.get("key") == "path-one"]
    seen = expected.relations[-1, 14, 14, way["source"][0], way["source"][1]]
    assert [step[:2] for step in way["steps"][-1:]] == [[14, 14]] * bool(seen)
    assert any(jumps for *_, jumps in way["steps"]) == ("attention" in chosen.path.lower())


def test_one_step_of_the_tiles_is_what_each_architecture_s_layers_read() -> None:
    """The tiles are the masks of the layers that the registry's models are made of."""
    for chosen in ARCHITECTURES.values():
        sizes = {"height": 9, "width": 9, "hidden_channels": 4, "blocks": 1, "kernel_size": 5}
        model = build_model(chosen.model, **sizes, **chosen.options)
        masks = [
            layer.mask.any(dim=0).any(dim=0)
            for layer in model.modules()
            if isinstance(layer, TapConv2d)
        ]
        if chosen.model == "pixelrnn":  # its tiles are those of the recurrence
            continue
        for kept in chosen.kernels(5).values():
            assert any(torch.equal(mask, kept) for mask in masks)


def test_two_that_see_everything_have_no_blind_spot_to_explain() -> None:
    page = open_page(left="PixelRNN", right="PixelCNN + attention")
    assert "Why is there no blind spot?" in {header.value for header in page.header}
    page.selectbox(key="right").set_value("pixelcnn").run()
    assert "Why is there a blind spot?" in {header.value for header in page.header}


def test_the_command_counts_what_the_page_shows() -> None:
    page = open_page(first="9", kernel="5")
    command = page.code[-1].value
    assert "blocks=7 first_kernel_size=9 kernel_size=5" in re.sub(r"\s+", " ", command)


# ---------------------------------------------------------------- sizes, dilation, orders


def test_size_and_dilation_are_chosen_and_in_the_command() -> None:
    page = open_page(size="14", dilation="2")
    meta, _ = widget(page, PLAIN)
    assert (meta["height"], meta["selected"], meta["depth"]) == (14, [7, 7], 7)
    seen, _ = relations_on(page, PLAIN)
    assert np.array_equal(
        seen, receptive_field_by_depth("pixelcnn", size=14, dilations=(2,)).relations
    )
    assert "dilations=[2] height=14 width=14" in page.code[-1].value
    assert "dilation=2)" in widget(page, "Each layer after it: mask B")[0]["code"][-1]
    set_control(page, "size", 8)
    assert widget(page, GATED)[0]["selected"] == [4, 4]
    assert not page.exception


@pytest.mark.parametrize("name", ["rows", "columns", "backwards", "serpentine"])
def test_each_order_leaks_untransformed_and_never_transformed(name: str) -> None:
    page = open_page(order=name)
    order = generation_order(ORDERS[name].library, 14)
    legal = (order[:, :, None, None] > order[None, None]).reshape(196, 196)
    for title, leaks in (
        ("The same masks on the plain picture", name != "rows"),
        ("On the transformed picture", False),
    ):
        _, arrays = widget(page, title)
        assert np.array_equal(arrays["order"], order)
        seen = np.logical_xor.accumulate(arrays["changes"].astype(bool))
        assert (seen[2] & ~legal).any() == leaks


# ---------------------------------------------------------------- paths, colours, trained


def test_the_path_and_first_seen_depths_of_the_source_are_the_library_s() -> None:
    page = open_page(source="13-25")
    metas = [unpack(component.proto.bytes) for component in page.get("bidi_component")]
    one, two = (next(m for m in metas if m[0].get("key") == f"path-{n}") for n in ("one", "two"))
    for (meta, arrays), name in ((one, "pixelcnn"), (two, "gated_pixelcnn")):
        first_seen = first_seen_depth(receptive_field_by_depth(name).relations[:, :, :, 13, 25])
        assert np.array_equal(arrays["first_seen"], first_seen)
        assert (meta["source"], meta["target"]) == ([13, 25], [14, 14])
    assert one[0]["steps"] == []
    assert "blind spot" in one[0]["noPath"]
    assert [step[3].split(",")[0] for step in two[0]["steps"]] == ["vertical stack"] * 9 + [
        "from the vertical stack to the horizontal one"
    ]


def test_the_colours_masks_are_the_library_s_and_mask_a_at_the_output_hides_colours() -> None:
    page = open_page()
    for kind in ("A", "B"):
        table = widget(page, f"Mask {kind}")[1]["mask"].reshape(3, 3, 3, 3).swapaxes(1, 2)
        assert np.array_equal(table, causal_mask(3, 3, (3, 3), kind, colours=3))
    assert "with **B** there, G sees R, B sees R and G" in told(page)
    assert "with **A** there, G sees nothing, B sees R." in told(page)


def test_weights_of_a_trained_model_are_shown_for_the_target() -> None:
    page = open_page(reach="weighted", row="15", column="14")
    _, arrays = widget(page, "Trained PixelCNN")
    model = loaded("mnist-threshold-pixelcnn").model
    expected = saliency(model, unseen(2, 28).images[:DIGITS], (15, 14))
    np.testing.assert_allclose(arrays["values"], expected, rtol=1e-4, atol=1e-6)
    assert "Half of the gradient lies on" in told(page)
