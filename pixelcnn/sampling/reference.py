"""The textbook sampler: one full forward pass for every sub-pixel. The oracle for all others."""

from __future__ import annotations

import torch
from torch import Tensor

from pixelcnn.likelihoods import draw, temper
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.request import Request


class ReferenceEngine:
    """Samples by running the whole network again for every sub-pixel.

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
                    parameters = self.model(images, labels)
                    log_probs = self.model.likelihood.level_log_probs(parameters, images)
                    probabilities = temper(
                        log_probs[:, :, channel, row, column], request.temperature
                    )
                    drawn = draw(probabilities, uniforms[at])
                    images[at] = torch.where(known[at], images[at], drawn)
        return images.cpu()
