"""Muon: an optimizer whose steps change a kernel equally in all its singular directions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# Of the quintic that brings every singular value near 1 in five iterations (Jordan et al. 2024).
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
_MOMENTUM = 0.95
_BETA1 = 0.9
_EPS = 1e-8
# Typical step of AdamW: root mean square per weight, as a multiple of the learning rate.
_ADAMW_RMS = 0.2


class Muon(torch.optim.Optimizer):
    """Muon for kernels, AdamW for biases, embeddings and all other weights.

    The gradient of a kernel is a matrix, (output channels) x (inputs of one channel). A few
    singular values outweigh all others, so Adam hardly moves in the other directions. Muon steps
    along the nearest matrix with equal singular values.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the step
    length, which lets AdamW's learning rates serve unchanged, is from Liu et al. 2025, "Muon is
    scalable for LLM training", section 2.2. Deviations: iterates on the small matrix of inner
    products, which gives the same result at a fifth of the cost, and in float32. PyTorch's own
    `torch.optim.Muon` takes matrices only: neither kernels nor biases.

    Args:
        kernels: weights of two or more dimensions, output channels first.
        others: all other weights.
        lr: learning rate.
        beta2: decay of AdamW's running mean of squared gradients.
        weight_decay: share of each weight taken off per step, times the learning rate.
    """

    def __init__(
        self,
        kernels: Iterable[Tensor],
        others: Iterable[Tensor],
        lr: float,
        *,
        beta2: float,
        weight_decay: float,
    ) -> None:
        groups = [
            {"params": list(kernels), "kernels": True},
            {"params": list(others), "kernels": False},
        ]
        super().__init__(groups, {"lr": lr, "beta2": beta2, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one optimizer step."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                if group["kernels"]:
                    step = self._kernel_step(weight, weight.grad)
                else:
                    step = self._adam_step(weight, weight.grad, group["beta2"])
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(step, alpha=group["lr"])
        return loss

    def _kernel_step(self, weight: Tensor, gradient: Tensor) -> Tensor:
        """The direction of the step, of the shape of `weight`."""
        state = self._state_of(weight, "momentum")
        state["momentum"].lerp_(gradient, 1 - _MOMENTUM)
        ahead = gradient.lerp(state["momentum"], _MOMENTUM)  # Nesterov's
        matrix = ahead.flatten(1)  # (output channels, inputs of one channel)
        direction = orthogonalized(matrix).view(ahead.shape)
        return direction * (_ADAMW_RMS * math.sqrt(max(matrix.shape)))

    def _adam_step(self, weight: Tensor, gradient: Tensor, beta2: float) -> Tensor:
        """The direction of AdamW's step."""
        state = self._state_of(weight, "mean", "mean_square")
        state["step"] = state.get("step", 0) + 1
        state["mean"].lerp_(gradient, 1 - _BETA1)
        state["mean_square"].lerp_(gradient.square(), 1 - beta2)
        mean = state["mean"] / (1 - _BETA1 ** state["step"])
        root = (state["mean_square"] / (1 - beta2 ** state["step"])).sqrt()
        return mean / (root + _EPS)

    def _state_of(self, weight: Tensor, *names: str) -> dict[str, Any]:
        """The optimizer's state for a weight, zeros at first."""
        state: dict[str, Any] = self.state[weight]
        for name in names:
            if name not in state:
                state[name] = torch.zeros_like(weight)
        return state


def orthogonalized(matrix: Tensor) -> Tensor:
    """A matrix `(rows, columns)` with the same singular vectors, and singular values of about 1.

    U S V^T becomes U R V^T, with R between 0.7 and 1.2 for values of at least some thousandths of
    the largest; smaller ones grow by up to 480 times.

    Source: the Newton-Schulz iteration of Jordan et al. 2024. X <- (a + b G + c G^2) X with
    G = X X^T needs X itself only at the end: each round multiplies G by its factor twice.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonalized(matrix.T).T
    a, b, c = _QUINTIC
    matrix = matrix / matrix.norm().clamp(min=1e-30)
    gram = matrix @ matrix.T  # (rows, rows)
    identity = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    product = identity
    for _ in range(_ROUNDS):
        factor = a * identity + b * gram + c * (gram @ gram)
        product = factor @ product
        gram = factor @ gram @ factor
    return product @ matrix
