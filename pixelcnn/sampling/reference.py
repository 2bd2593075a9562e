"""The textbook sampler: one full forward pass per sub-pixel. The oracle for all others."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.nn.likelihoods import apply_temperature, classifier_free_guidance, draw
from pixelcnn.sampling.request import Request


class ReferenceEngine:
    """Runs the whole network again for every sub-pixel.

    Source: van den Oord et al. 2016a, section 2: generation is sequential, pixel by pixel.
    """

    name = "reference"

    def __init__(self, model: AutoregressiveModel) -> None:
        self.model = model

    @torch.no_grad()
    def run(self, request: Request) -> Tensor:
        """The filled images: uint8 `(n, C, H, W)`."""
        device = next(self.model.parameters()).device
        images = request.images.to(device)
        known, uniforms = request.known.to(device), request.uniforms.to(device)
        labels = None if request.labels is None else request.labels.to(device)
        _, channels, height, width = images.shape
        for row in range(height):
            request.advance(row, height)
            for column in range(width):
                for channel in range(channels):
                    at = (slice(None), channel, row, column)
                    if known[at].all():
                        continue
                    log_probs = guided_log_probs(self.model, images, labels, request.guidance)
                    probabilities = apply_temperature(
                        log_probs[:, :, channel, row, column], request.temperature
                    )
                    drawn = draw(probabilities, uniforms[at])
                    images[at] = torch.where(known[at], images[at], drawn)
        return images.cpu()


def guided_log_probs(
    model: AutoregressiveModel, images: Tensor, labels: Tensor | None, guidance: float
) -> Tensor:
    """Log-probabilities of all levels, `(B, levels, C, H, W)`; see `classifier_free_guidance`."""
    log_probs = model.likelihood.level_log_probs(model(images, labels), images)
    if guidance == 0:
        return log_probs
    without = model.likelihood.level_log_probs(model(images), images)
    return classifier_free_guidance(log_probs, without, guidance)
