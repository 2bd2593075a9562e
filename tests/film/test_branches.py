"""A branch equals its parent up to one pixel, and follows the model after it."""

import numpy as np
import pytest
import torch

from pixelcnn import build_model, sample
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.film.branches import (
    MOST_BRANCHES,
    Branch,
    grow,
    lineage,
    parse_tree,
    share_that_differs,
    shared_part,
    tree_text,
    without,
)
from pixelcnn.film.film import Film, draw_film
from pixelcnn.models.base import AutoregressiveModel

SHAPE = (5, 3, 28, 28)
# A branch of sample 3, a branch of that branch in its second colour, and one of sample 0.
TEXT = "0.s3.r12c14v1-1.r20c5k1v0-0.s0.r0c0v7"
TREE = (Branch(0, 3, 12, 14, 0, 1), Branch(1, 3, 20, 5, 1, 0), Branch(0, 0, 0, 0, 0, 7))


@pytest.mark.parametrize("engine", ["reference", "torch", "numba"])
@pytest.mark.parametrize(("channels", "levels"), [(1, 2), (3, 4)])
def test_a_branch_is_its_parent_before_the_pixel_and_the_reference_s_answer_after_it(
    channels: int, levels: int, engine: str
) -> None:
    model = _model(channels, levels)
    film = draw_film(model, 2, temperature=0.9, seed=4)
    parent = film.only(1)
    place = (0, channels - 1, 2, 3)
    level = (int(parent.images[place]) + 1) % levels
    branch = Branch(0, 1, 2, 3, channels - 1, level)
    grown = grow(model, parent, branch, engine)
    shared = shared_part(branch, film.images.shape[1:])
    before = shared.copy()
    before[place[1:]] = False
    assert before.sum() == (2 * 5 + 3) * channels + channels - 1
    np.testing.assert_array_equal(grown.images[0][before], parent.images[0][before])
    assert grown.images[place] == level
    expected = sample(
        model,
        1,
        labels=torch.from_numpy(parent.labels),
        known=torch.from_numpy(grown.images),
        known_mask=torch.from_numpy(shared[None]),
        uniforms=torch.from_numpy(parent.uniforms),
        temperature=0.9,
        engine="reference",
    )
    np.testing.assert_array_equal(grown.images, expected)
    assert (grown.images != parent.images)[0][~shared].any(), "the change changed nothing"
    np.testing.assert_array_equal(grown.uniforms, parent.uniforms)


def test_changing_back_gives_the_parent_again() -> None:
    model, film = _model(), _film()
    changed = Branch(0, 0, 1, 2, 0, 1 - int(film.images[0, 0, 1, 2]))
    back = Branch(1, 0, 1, 2, 0, int(film.images[0, 0, 1, 2]))
    again = grow(model, grow(model, film.only(0), changed), back)
    np.testing.assert_array_equal(again.images, film.only(0).images)
    np.testing.assert_allclose(again.bits, film.bits[:1])


def test_a_branch_that_changes_nothing_is_refused() -> None:
    film = _film()
    same = Branch(0, 0, 1, 2, 0, int(film.images[0, 0, 1, 2]))
    with pytest.raises(ConfigError, match="Row 1, column 2 already has"):
        grow(_model(), film.only(0), same)


def test_a_level_outside_the_model_s_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no level 2"):
        grow(_model(), _film().only(0), Branch(0, 0, 1, 2, 0, 2))


def test_a_tree_survives_conversion_to_text() -> None:
    assert tree_text(TREE) == TEXT
    assert parse_tree(TEXT, SHAPE, 8) == TREE
    assert parse_tree("", SHAPE, 8) == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "is not a branch"),
        ("0.s3.r12c14v1-", "is not a branch"),
        ("0.s3.r12c14k3v1", "is not a branch"),
        ("0.s३.r1c1v1", "is not a branch"),
        ("0.r12c14v1", "does not name the sample"),
        ("1.r12c14v1", "does not name the sample"),
        ("0.s1.r1c1v1-1.s1.r2c2v1", "does not name the sample"),
        ("0.s5.r1c1v1", "does not exist"),
        ("0.s0.r28c1v1", "does not exist"),
        ("0.s0.r1c28v1", "does not exist"),
        ("0.s0.r1c1v8", "does not exist"),
        ("0.s0.r5c5v1-1.r5c4v1", "shares with its parent"),
        ("-".join(["0.s0.r1c1v1"] * (MOST_BRANCHES + 1)), "at most 12"),
        ("0.s0.r1c1v1" * 100_000, "is not a branch"),
    ],
)
def test_a_tree_from_a_damaged_link_is_refused_with_an_explanation(text: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        parse_tree(text, SHAPE, 8)


def test_a_lineage_leads_from_the_original_to_the_branch() -> None:
    assert lineage(TREE, 1) == TREE[:2]
    assert lineage(TREE, 2) == TREE[2:]


def test_removing_a_branch_removes_its_descendants_and_renumbers_the_rest() -> None:
    assert without(TREE, 0) == TREE[2:]
    grandchild = Branch(3, 0, 4, 4, 0, 2)
    assert without((*TREE, grandchild), 1) == (TREE[0], TREE[2], Branch(2, 0, 4, 4, 0, 2))


def test_pixels_that_differ_are_counted_once_whatever_their_colours() -> None:
    image = np.zeros((3, 2, 2), np.uint8)
    other = image.copy()
    other[:, 0, 0] = 1
    other[1, 1, 1] = 1
    assert share_that_differs(image, other) == 0.5


def _model(channels: int = 1, levels: int = 2) -> AutoregressiveModel:
    torch.manual_seed(0)
    options = {"height": 6, "width": 5, "hidden_channels": 6 * channels, "blocks": 2}
    model = build_model("pixelcnn", channels=channels, levels=levels, classes=2, **options)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model.eval()


def _film() -> Film:
    return draw_film(_model(), 2, seed=4)
