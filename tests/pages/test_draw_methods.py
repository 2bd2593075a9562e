"""The page Draw & complete: other orders, particles, turns, knocked-out digits, and its links."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.draw.words import guess, surprise
from pages.shared.loaded import loaded
from pixelcnn.completion.completions import complete
from pixelcnn.completion.inpainting import inpainting_mask
from pixelcnn.completion.next_row import next_rows
from pixelcnn.completion.observed import GivenPart
from pixelcnn.scores.class_curves import ClassCurves
from tests.helpers.app_pages import button, told
from tests.pages.test_draw import (
    MODEL,
    draw,
    drawing_on,
    endings_on,
    open_page,
    other_checkpoints,
    save_small,
    top_rows,
    widget,
)
from widgets.painter.widget import Drawing, link_text

__all__ = ["other_checkpoints"]  # a fixture

METHODS = ["As it reads", "Best order", "Particles", "Compare"]


def choose_ending(page: AppTest, index: int) -> AppTest:
    """As if the browser had sent a click on an ending."""
    page.session_state["endings"] = {"selected": {"index": index}}
    page.run()
    assert not page.exception
    return page


def first_digit() -> NDArray[np.uint8]:
    image: NDArray[np.uint8] = drawing_on(open_page()).image
    return image


# ------------------------------------------------------------------ the methods


def test_particles_look_at_the_lower_half_and_tell_how_many_counted() -> None:
    page = open_page(method="Particles", particles="64")
    image, known = drawing_on(page).image, ~top_rows(14)
    draw(page, image, known)
    found = endings_on(page)
    assert (found[:, 0][:, known] == image[known]).all()
    done = complete(loaded(MODEL).model, image, known, 9, method="particles", particles=64, seed=0)
    np.testing.assert_array_equal(found, done.images.numpy())
    assert done.particles is not None
    assert done.labels is not None
    fewest = min(weighing.effective for weighing in done.particles.weighings)
    assert f"only **{fewest:.0f}** of 64 particles still counted" in told(page)
    shares = torch.bincount(done.labels, minlength=10) / 9
    np.testing.assert_allclose(widget(page, "Which digit it sees")[1]["shares"], shares)
    assert page.slider(key="temperature").disabled
    assert "come after an unknown one" not in told(page)


def test_the_best_order_is_described_and_needs_a_model_with_eight_orders(
    other_checkpoints: Path,
) -> None:
    save_small(other_checkpoints, "a-single")
    save_small(other_checkpoints, "eight", classes=2, orders=8)
    page = open_page(model="a-single", method="Best order")
    assert "Choose **eight** in the sidebar" in page.info[0].value
    image, known = np.zeros((8, 8), np.uint8), np.zeros((8, 8), bool)
    image[5, 2:6] = 1
    known[4:] = True
    draw(page, image, known)
    page.selectbox(key="model").select("eight").run()
    assert not page.exception
    assert "Read row by row, from the bottom left: all given pixels come first (32)." in told(page)
    assert (endings_on(page)[:, 0][:, known] == image[known]).all()


def test_comparing_shows_the_same_drawing_by_every_method(other_checkpoints: Path) -> None:
    save_small(other_checkpoints, classes=2, orders=8)
    page = open_page(method="Compare")
    image, known = np.zeros((8, 8), np.uint8), np.zeros((8, 8), bool)
    known[:, 3:5] = known[6] = True
    image[2:7, 4] = 1
    draw(page, image, known)
    for method in METHODS[:3]:
        _, arrays = widget(page, f"Finished by: {method}")
        assert arrays["images"].shape == (3, 1, 8, 8)
        assert (arrays["images"][:, 0][:, known] == image[known]).all()
        assert f"**{method}.**" in told(page)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_given_nothing_unknown_and_one_pixel_are_answered(
    other_checkpoints: Path, method: str
) -> None:
    save_small(other_checkpoints, classes=2, orders=8)
    page = open_page(method=method)
    image, known = np.ones((8, 8), np.uint8), np.ones((8, 8), bool)
    all_but_one = known.copy()
    all_but_one[3, 3] = False
    for mask in (known, ~known, all_but_one):
        draw(page, np.where(mask, image, 0).astype(np.uint8), mask)
        label = "Nine endings" if method != "Compare" else "Finished by: Particles"
        assert (widget(page, label)[1]["images"][:, 0][:, mask] == 1).all()


# ------------------------------------------------------------------ turns


def test_the_next_row_of_an_ending_becomes_part_of_the_drawing() -> None:
    page = open_page()
    before = drawing_on(page)
    with pytest.raises(ValueError, match="not enough values"):
        button(page, "Keep its next row")  # not before one is chosen
    choose_ending(page, 4)
    ending = endings_on(page)[4, 0]
    button(page, "Keep its next row").click().run()
    assert not page.exception
    after = drawing_on(page)
    assert np.array_equal(after.known_mask, top_rows(15))
    np.testing.assert_array_equal(after.image[:14], before.image[:14])
    np.testing.assert_array_equal(after.image[14], ending[14])
    assert (endings_on(page)[:, 0, 14] == ending[14]).all()


def test_an_ending_becomes_the_drawing() -> None:
    page = choose_ending(open_page(), 2)
    ending = endings_on(page)[2, 0]
    button(page, "Keep this ending").click().run()
    assert not page.exception
    np.testing.assert_array_equal(drawing_on(page).image, ending)
    assert "Nothing is unknown" in told(page)


def test_the_painter_shows_where_ink_may_come_in_the_next_row() -> None:
    page = open_page(next="true")
    meta, arrays = widget(page, "Your drawing")
    known = arrays["known"].astype(bool)
    rows = next_rows(loaded(MODEL).model, arrays["image"], known, 50, seed=0)
    assert meta["ghost"]
    assert rows is not None
    assert rows.row == 14
    assert arrays["ghost"].any(axis=1).nonzero()[0].tolist() == [14]
    np.testing.assert_allclose(arrays["ghost"][14] / 255, rows.mean[0], atol=0.003)
    assert not widget(open_page(), "Your drawing")[0]["ghost"]


# ------------------------------------------------------------------ knocked out


def test_a_knocked_out_digit_is_compared_with_the_truth_until_it_is_changed() -> None:
    page = open_page(hide="The left half")
    button(page, "Knock it out").click().run()
    assert not page.exception
    drawing = drawing_on(page)
    assert np.array_equal(drawing.known_mask, inpainting_mask("left half", 28, 28).numpy())
    hidden = ~drawing.known_mask
    truth = widget(page, "The digit as it was")[1]["images"][0, 0]
    right = (endings_on(page)[:, 0, hidden] == truth[hidden]).mean()
    assert f"an ending gets **{right:.1%}** right on average" in told(page)
    assert "Only **Particles**" in told(page)
    page.segmented_control(key="method").set_value("Particles").run()
    assert not page.exception
    assert "the truth costs **" in told(page)
    other = drawing.image.copy()
    other[27, 27] = 1
    draw(page, other, drawing.known_mask)
    assert not page.error
    with pytest.raises(AssertionError, match="no widget"):
        widget(page, "The digit as it was")


def test_the_digit_is_knocked_out_as_was_chosen_at_the_same_moment() -> None:
    page = open_page()
    page.selectbox(key="hide").set_value("pixels")
    page.slider(key="share").set_value(80)
    button(page, "Knock it out").click().run()
    assert not page.exception
    hidden = (~drawing_on(page).known_mask).mean()
    assert hidden == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(("kind", "share"), [("<script>", 50), ("pixels", 10**9), ("block", -1)])
def test_nothing_that_a_browser_sends_keeps_a_digit_from_being_knocked_out(
    kind: str, share: int
) -> None:
    page = open_page()
    page.selectbox(key="hide").options.append(kind)  # what its list lacks could not be sent
    page.selectbox(key="hide").set_value(kind)
    page.slider(key="share").set_value(share)
    button(page, "Knock it out").click().run()
    assert not page.exception
    assert not drawing_on(page).known_mask.all()


# ------------------------------------------------------------------ links


def test_a_link_brings_the_drawing_back() -> None:
    rng = np.random.default_rng(3)
    image, known = rng.integers(0, 2, (28, 28), np.uint8), rng.random((28, 28)) < 0.4
    page = open_page(drawing=link_text(Drawing(np.where(known, image, 0).astype(np.uint8), known)))
    found = drawing_on(page)
    assert np.array_equal(found.known_mask, known)
    assert (found.image[known] == image[known]).all()
    # What is drawn afterwards stays: the address is not read twice.
    draw(page, image, top_rows(5))
    assert np.array_equal(widget(page, "Nine endings")[1]["known"], top_rows(5))


@pytest.mark.parametrize(
    "text", ["nonsense", "28x28.____", "8x8.AAAAAAAAAAA", "28x28." + "A" * 9999]
)
def test_a_damaged_link_is_reported_and_the_page_opens_with_its_default(text: str) -> None:
    page = open_page(drawing=text)
    assert "cannot be shown" in page.warning[0].value
    assert np.array_equal(drawing_on(page).known_mask, top_rows(14))


# ------------------------------------------------------------------ words


def test_bits_and_guesses_are_put_beside_those_of_test_digits() -> None:
    bits = np.tile(np.linspace(0, 100, 101, dtype=np.float32), (3, 1))
    measured = ClassCurves(np.linspace(0.1, 0.9, 9, dtype=np.float32), bits, width=4, images=1000)
    nats = torch.full((10,), 74.5 * np.log(2), dtype=torch.float64)
    given = GivenPart(prefix=8, after_gap=0, class_nats=nats)
    assert "**75 %** cost less up to the same pixel" in surprise(given, None, 2, measured)
    assert "real digit" not in surprise(given, 3, 2, measured)  # measured without a label
    assert "right in **50%** of 1,000 cases; from all of them in 90.0%" in guess(None, measured, 4)
