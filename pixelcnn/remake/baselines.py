"""The autoencoder and the VAE of the page Compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from pixelcnn.baselines.base import Baseline
from pixelcnn.baselines.files import baseline_names, build_baseline
from pixelcnn.baselines.training import train_baseline
from pixelcnn.baselines.vae import VAE
from pixelcnn.data.registry import load_data
from pixelcnn.remake.card import card_of
from pixelcnn.system.progress import Progress

_BOUND_SAMPLES = 500


def trained_baselines(
    data: str, steps: int, bounded: int, seed: int
) -> Iterator[tuple[Baseline, dict[str, Any]]]:
    """Each baseline, trained on black-and-white digits, and its card, measured on test digits.

    Args:
        data: name of the data set.
        steps: of training, with 128 digits each.
        bounded: test digits, from the first one on, whose importance-weighted bound is measured.
        seed: of the weights, the batches and the codes.
    """
    digits = load_data(data)
    images = digits.test.images
    for name in baseline_names():
        torch.manual_seed(seed)
        model = build_baseline(name, height=digits.height, width=digits.width)
        with Progress(f"training the {name}") as progress:
            for step, loss in enumerate(train_baseline(model, digits, steps=steps, seed=seed), 1):
                progress.share(step / steps, f"step {step}: {loss:.1f} nats")
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            losses = torch.cat([model.loss(some, generator) for some in images.split(1000)])
        card = card_of(model, digits, "baselines", data=data, steps=steps, seed=seed)
        card["test_loss_nats"] = round(losses.double().mean().item(), 2)
        if isinstance(model, VAE):
            card |= _bound(model, images[:bounded], generator)
        yield model, card


def _bound(model: VAE, images: torch.Tensor, generator: torch.Generator) -> dict[str, Any]:
    bounds = [
        model.importance_bound(some, samples=_BOUND_SAMPLES, generator=generator)
        for some in images.split(100)
    ]
    return {
        "bound_nats": round(-torch.cat(bounds).mean().item(), 2),
        "bound_samples": _BOUND_SAMPLES,
        "bound_images": len(images),
    }
