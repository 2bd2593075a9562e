"""Each exhibit makes its mistake, and works otherwise."""

from __future__ import annotations

import pytest

from pixelcnn.causality.reach import audit
from pixelcnn.errors import ConfigError
from pixelcnn.exhibits.catalogue import EXHIBITS
from pixelcnn.sampling.drawing import sample
from tests.helpers.exhibit_cases import leaks, shown

LEAKING = [
    "no_mask",
    "rows_below",
    "b_first",
    "exchanged",
    "attention_row",
    "batch_norm",
    "squared_error",
]


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", EXHIBITS)
def test_a_model_leaks_exactly_where_the_exhibit_says_so(name: str, training: bool) -> None:
    assert leaks(shown(name, honest=True).train(training)) == 0
    caught = leaks(shown(name, honest=False).train(training)) > 0
    assert caught == (name in LEAKING and (training or name != "batch_norm"))


@pytest.mark.parametrize("name", EXHIBITS)
def test_an_exhibit_differs_from_the_honest_model_and_can_be_drawn_from(name: str) -> None:
    exhibit = EXHIBITS[name]
    assert exhibit.said != exhibit.corrected
    assert issubclass(exhibit.broken, exhibit.honest)
    for honest in (True, False):
        model = shown(name, honest=honest).float()
        images = sample(model, 2, seed=0, engine="reference")
        assert model.log_prob(images).isfinite().all()


@pytest.mark.parametrize(
    "name", [name for name in LEAKING if name not in ("attention_row", "batch_norm")]
)
def test_the_audit_counts_the_same_leaks_as_perturbation(name: str) -> None:
    model = shown(name, honest=False)
    assert audit(model.float()).leaks == leaks(model)


@pytest.mark.parametrize("name", ["attention_row", "batch_norm"])
def test_the_audit_refuses_what_it_cannot_trace(name: str) -> None:
    with pytest.raises(ConfigError, match=r"is not supported|declares no taps"):
        audit(shown(name, honest=False).float())
