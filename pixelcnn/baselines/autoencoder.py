"""An autoencoder: good at reproducing its input, but without a distribution to draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from pixelcnn.baselines.base import Baseline, BaselineConfig, log_likelihood
from pixelcnn.errors import RunError


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig(BaselineConfig):
    """The lab sheet's sizes: 784-128-64-32 and back. Attributes: see `BaselineConfig`."""

    hidden: tuple[int, ...] = (128, 64)


class Autoencoder(Baseline):
    """Fully connected layers to a code and back, ReLU between them, a sigmoid at the output.

    Source: the lab sheet's autoencoder, trained on the binary cross-entropy; Hinton &
    Salakhutdinov 2006 for the idea. The code itself has no ReLU and can be negative, which the
    sheet leaves open. The loss is the sum over pixels where the sheet has the mean: the same
    minimum, in nats per image.

    That loss is *not* -log p(image), since the code is computed from the very image. Nor is there a
    distribution of codes to draw from. `random_codes` draws normal numbers with the mean and
    standard deviation of each code over the training images; the result shows why a generative
    model needs more than that.
    """

    name: ClassVar[str] = "autoencoder"
    config_class: ClassVar[type[BaselineConfig]] = AutoencoderConfig
    encoded_per_code: ClassVar[int] = 1

    code_mean: Tensor
    code_std: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config)
        self.register_buffer("code_mean", torch.zeros(config.codes))
        self.register_buffer("code_std", torch.zeros(config.codes))

    def code(self, images: Tensor) -> Tensor:
        """The code of each image: float32 `(B, codes)`."""
        return self.encoder(self._flat(images))

    @torch.no_grad()
    def after_training(self, images: Tensor) -> None:
        """Measure the mean and standard deviation of the codes of these images."""
        codes = torch.cat([self.code(batch) for batch in images.split(1000)])
        self.code_mean.copy_(codes.mean(dim=0))
        self.code_std.copy_(codes.std(dim=0, correction=0))

    def random_codes(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Normal numbers with the mean and spread of the training images' codes: `(n, codes)`.

        Raises:
            RunError: these were not measured yet.
        """
        if not self.code_std.any():
            raise RunError(
                "This autoencoder is untrained, so the distribution of its codes is unknown. Train "
                "it with train_baseline, or call after_training(images)."
            )
        noise = self._normal((n, self.config.codes), generator)
        return self.code_mean + self.code_std * noise

    def loss(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The binary cross-entropy of the reconstruction, in nats per image: float32 `(B,)`."""
        pixels = self._flat(images)
        return -log_likelihood(self.decode(self.encoder(pixels)), pixels)
