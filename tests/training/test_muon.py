"""Muon steps equally in all directions of a kernel; all other weights get AdamW's steps."""

import pytest
import torch
from hypothesis import given, strategies as st

from pixelcnn.models.registry import build_model, model_names
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.muon import Muon, orthogonalized
from pixelcnn.training.setup import make_optimizer
from pixelcnn.training.trainer import train
from tests.helpers.training_cases import make_data, make_model, quiet


@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
    scale=st.floats(1e-6, 1e6),
    seed=st.integers(0, 1000),
)
def test_an_orthogonalized_matrix_keeps_its_singular_vectors_and_has_values_near_one(
    rows, columns, scale, seed
):
    generator = torch.Generator().manual_seed(seed)
    left, _ = torch.linalg.qr(torch.randn(rows, rows, generator=generator))
    right, _ = torch.linalg.qr(torch.randn(columns, columns, generator=generator))
    rank = min(rows, columns)
    values = 0.05 + torch.rand(rank, generator=generator)
    matrix = scale * left[:, :rank] @ torch.diag(values) @ right[:rank]

    inside = left[:, :rank].T @ orthogonalized(matrix) @ right[:rank].T
    assert inside.diagonal().min() > 0.6
    assert inside.diagonal().max() < 1.3
    assert (inside - torch.diag(inside.diagonal())).abs().max() < 1e-2


def test_the_direction_is_that_of_pytorch_s_muon():
    gradient = torch.randn(8, 20, generator=torch.Generator().manual_seed(0))
    ours, theirs = (torch.zeros(8, 20, requires_grad=True) for _ in range(2))
    optimizers = [
        Muon([ours], [], 0.1, beta2=0.95, weight_decay=0.0),
        torch.optim.Muon(
            [theirs], 0.1, momentum=0.95, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"
        ),
    ]
    for step in range(3):
        for weight, optimizer in zip((ours, theirs), optimizers, strict=True):
            weight.grad = gradient.roll(step, dims=1).clone()
            optimizer.step()
    # PyTorch's version computes in bfloat16.
    assert (ours - theirs).norm() < 0.05 * theirs.norm()


def test_other_weights_take_the_steps_of_adamw():
    ours, theirs = (torch.ones(7, requires_grad=True) for _ in range(2))
    optimizers = [
        Muon([], [ours], 0.1, beta2=0.95, weight_decay=0.01),
        torch.optim.AdamW([theirs], 0.1, betas=(0.9, 0.95), weight_decay=0.01),
    ]
    for step in range(5):
        for weight, optimizer in zip((ours, theirs), optimizers, strict=True):
            weight.grad = torch.linspace(-1, 3, 7).roll(step)
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("name", model_names())
def test_every_weight_of_every_architecture_gets_muon_or_adamw(name):
    model = build_model(name, height=6, width=6, classes=3, hidden_channels=8, blocks=1)
    config = TrainConfig(steps=1, optimizer="muon")
    optimizer = make_optimizer(model, config, torch.device("cpu"))
    kernels, others = (group["params"] for group in optimizer.param_groups)
    assert {id(weight) for weight in [*kernels, *others]} == {
        id(weight) for weight in model.parameters()
    }
    assert len(kernels) + len(others) == len(list(model.parameters()))
    assert kernels
    assert any(weight is model.output.weight for weight in others)


def test_where_masked_weights_are_zero_they_stay_zero():
    data = make_data()
    model = make_model(data)
    before = model.first.weight.detach().clone()
    for _ in train(model, data, quiet(steps=5, optimizer="muon", weight_decay=0.0)):
        pass
    changed = (model.first.weight != before) & ~model.first.mask
    assert not changed.any()
    assert (model.first.weight != before).any()
