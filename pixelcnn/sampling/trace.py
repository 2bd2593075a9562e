"""Traces: the model's distribution at each sub-pixel of images that it drew."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.likelihoods import apply_temperature, classifier_free_guidance
from pixelcnn.sampling.request import Request

# On a CPU the activations of two images fit into its cache, which makes the pass twice as fast;
# those of a whole film would take 200 MB, and so would the bins of a 256-level mixture.
_AT_ONCE = 2


@dataclass(frozen=True)
class Trace:
    """Samples with the model's distribution at each sub-pixel.

    Attributes:
        images: uint8 `(n, C, H, W)`.
        probabilities: uint8 `(n, K, C, H, W)`, 255 for 1: the distribution that was drawn from.
            K is `levels`, or 1 for two levels: the probability of level 1.
        entropy: float32 `(n, C, H, W)`, bits, of that distribution.
        log_prob: float32 `(n, C, H, W)`, nats: of the chosen level under the model itself, at
            temperature 1. Its sum over an image is `model.log_prob`.
        uniforms: float32 `(n, C, H, W)`.
        known: bool `(n, C, H, W)`: given, not drawn.
    """

    images: Tensor
    probabilities: Tensor
    entropy: Tensor
    log_prob: Tensor
    uniforms: Tensor
    known: Tensor


@torch.no_grad()
def trace_of(
    model: AutoregressiveModel, request: Request, images: Tensor, outputs: Tensor | None = None
) -> Trace:
    """The trace of finished images.

    Args:
        model: in evaluation mode.
        request: for which the images were drawn.
        images: uint8 `(n, C, H, W)`.
        outputs: `(1, n, C * P, H, W)`, as `network` returns them, or `(2, ...)` with guidance (the
            second without labels), if the engine kept them. Otherwise one forward pass over the
            finished images gives the same, since a pixel depends on earlier ones only.
    """
    if outputs is None:
        outputs = _forward(model, request, images)
    images = images.to(outputs.device)
    log_probs = _log_probs(model, outputs[0], images)  # (n, levels, C, H, W)
    guided = log_probs
    if request.guidance:
        guided = classifier_free_guidance(
            log_probs, _log_probs(model, outputs[1], images), request.guidance
        )
    probabilities = apply_temperature(guided, request.temperature)
    entropy = torch.special.entr(probabilities).sum(dim=1) / torch.log(torch.tensor(2.0))
    chosen = log_probs.gather(1, images.long().unsqueeze(1)).squeeze(1)
    shown = probabilities[:, 1:] if model.config.levels == 2 else probabilities
    return Trace(
        images=images.cpu(),
        probabilities=(shown * 255).round().to(torch.uint8).cpu(),
        entropy=entropy.cpu(),
        log_prob=chosen.cpu(),
        uniforms=request.uniforms,
        known=request.known,
    )


def _forward(model: AutoregressiveModel, request: Request, images: Tensor) -> Tensor:
    """The network's outputs for finished images, `(1 or 2, n, C * P, H, W)`."""
    device = next(model.parameters()).device
    scaled = model.scale(images.to(device))
    labels = model.full_labels(request.labels, len(images))
    label_sets = [labels]
    if request.guidance:
        label_sets.append(model.full_labels(None, len(images)))

    def of_some(part: slice, labels: Tensor | None) -> Tensor:
        own = None if labels is None else labels[part].to(device)
        return model.network(scaled[part], own).float()

    parts = _parts(len(images), device)
    return torch.stack(
        [torch.cat([of_some(part, label_set) for part in parts]) for label_set in label_sets]
    )


def _log_probs(model: AutoregressiveModel, output: Tensor, images: Tensor) -> Tensor:
    """Log-probabilities of all levels, `(n, levels, C, H, W)`."""
    parameters = model.unpack(output)
    parts = _parts(len(images), output.device)
    return torch.cat(
        [model.likelihood.level_log_probs(parameters[part], images[part]) for part in parts]
    )


def _parts(n: int, device: torch.device) -> list[slice]:
    """Slices of images to process together."""
    at_once = _AT_ONCE if device.type == "cpu" else n
    return [slice(start, start + at_once) for start in range(0, n, at_once)]
