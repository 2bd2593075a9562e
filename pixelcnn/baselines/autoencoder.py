"""An autoencoder: good at giving back what it is shown, with no idea of what to draw."""

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
    Salakhutdinov 2006 for the idea. The code itself has no ReLU, so that it can be negative; the
    sheet leaves this open. The loss is the sum over pixels, where the sheet has their mean: the
    same minimum, in nats per image.

    That loss is *not* -log p(image): the code that it is conditioned on was made from the very
    image. Nor is there a distribution of codes to draw from. `random_codes` takes normal numbers
    with the mean and the standard deviation of each of the codes of the training images; what comes
    out shows why a generative model needs more than that.
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
        """The one code that stands for each image: float32 `(B, codes)`."""
        return self.encoder(self._flat(images))

    @torch.no_grad()
    def after_training(self, images: Tensor) -> None:
        """Measure the mean and the spread of the codes of these images."""
        codes = torch.cat([self.code(some) for some in images.split(1000)])
        self.code_mean.copy_(codes.mean(dim=0))
        self.code_std.copy_(codes.std(dim=0, correction=0))

    def random_codes(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Normal numbers like the training images' codes, one by one: float32 `(n, codes)`.

        Raises:
            RunError: those were not measured yet.
        """
        if not self.code_std.any():
            raise RunError(
                "This autoencoder was not trained, so the spread of its codes is not known; train "
                "it with train_baseline, or call after_training(images)."
            )
        noise = self._normal((n, self.config.codes), generator)
        return self.code_mean + self.code_std * noise

    def loss(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The binary cross-entropy of the reconstruction, in nats per image: float32 `(B,)`."""
        pixels = self._flat(images)
        return -log_likelihood(self.decode(self.encoder(pixels)), pixels)
