"""Small networks whose truth is known: no wrong verdict, and the right layer is named."""

from __future__ import annotations

import pytest
import torch

import pixelcnn
from tests.helpers.audit_causal import CAUSAL
from tests.helpers.audit_leaking import LEAKING


@pytest.mark.parametrize("name", CAUSAL)
def test_what_does_not_look_ahead_is_let_pass(name: str) -> None:
    case = CAUSAL[name]
    torch.manual_seed(1)
    report = pixelcnn.audit(case.make(), **case.options)
    assert report.verdict == "none", report.reason
    assert report.order_name == case.order
    assert report.leaks == 0
    assert report.seen > 0
    assert report.culprit is None


@pytest.mark.parametrize("name", LEAKING)
def test_what_looks_ahead_is_found_and_its_layer_named(name: str) -> None:
    case = LEAKING[name]
    torch.manual_seed(1)
    report = pixelcnn.audit(case.make(), **case.options)
    assert report.verdict == "leak", report.reason
    if case.layer is not None:
        assert report.culprit is not None
        assert report.culprit.module == case.layer


def test_there_are_enough_of_them() -> None:
    assert len(CAUSAL) + len(LEAKING) >= 60
    assert len(LEAKING) >= 30
