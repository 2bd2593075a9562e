"""What all baselines share: an encoder from images to short codes, and a decoder back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.system.checks import check_options, check_whole

_LARGEST_IMAGE = 256
_LARGEST_LAYER = 4096


@dataclass(frozen=True, kw_only=True)
class BaselineConfig:
    """Options of a baseline; JSON-able: `dataclasses.asdict` and back.

    Attributes:
        height: rows of the image, in pixels.
        width: columns of the image, in pixels.
        hidden: sizes of the layers between image and code; the decoder mirrors them.
        codes: size of an image's code.
    """

    height: int = 28
    width: int = 28
    hidden: tuple[int, ...] = (256,)
    codes: int = 32

    def __post_init__(self) -> None:
        if not isinstance(self.hidden, list | tuple) or len(self.hidden) > 16:
            raise ConfigError(f"hidden = {self.hidden!r} is not a list of at most 16 layer sizes.")
        object.__setattr__(self, "hidden", tuple(self.hidden))  # JSON has lists only
        for option in ("height", "width"):
            check_whole(option, getattr(self, option), 1, _LARGEST_IMAGE)
        for size in self.hidden:
            check_whole("hidden", size, 1, _LARGEST_LAYER)
        check_whole("codes", self.codes, 1, _LARGEST_LAYER)

    @property
    def dims(self) -> int:
        """Pixels of an image."""
        return self.height * self.width


class Baseline(nn.Module, ABC):
    """An encoder and a decoder for images of one channel and two levels, paper and ink.

    Images are uint8 `(B, 1, H, W)`, 0 or 1. Given the code, the decoder gives each pixel its own
    independent probability of ink: hence its means look soft, and pixels drawn from them grainy.
    """

    name: ClassVar[str]
    config_class: ClassVar[type[BaselineConfig]]
    encoded_per_code: ClassVar[int]
    """Encoder outputs per number of the code."""

    def __init__(self, config: BaselineConfig) -> None:
        super().__init__()
        self.config = config
        sizes = [config.dims, *config.hidden]
        self.encoder = _perceptron([*sizes, self.encoded_per_code * config.codes])
        self.decoder = _perceptron([config.codes, *reversed(sizes)])

    @abstractmethod
    def code(self, images: Tensor) -> Tensor:
        """The code of each image: float32 `(B, codes)`."""

    @abstractmethod
    def random_codes(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Codes that were not computed from an image: float32 `(n, codes)`."""

    @abstractmethod
    def loss(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The training loss in nats per image: float32 `(B,)`, with gradients."""

    def after_training(self, images: Tensor) -> None:
        """Measure on the training images what sampling needs."""

    def decode(self, codes: Tensor) -> Tensor:
        """The logit of ink at each pixel: codes `(..., codes)` to `(..., H * W)`."""
        return self.decoder(codes)

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """Encode and decode: the probability of ink at each pixel, float32 `(B, 1, H, W)`, 0 to 1.

        Raises:
            DataError: images that do not fit the model.
        """
        return self._pictures(self.code(images))

    @torch.no_grad()
    def sample_means(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Decoded random codes, as probabilities of ink: float32 `(n, 1, H, W)`, 0 to 1.

        Most figures of autoencoders and VAEs show these, not samples from the model.

        Raises:
            ConfigError: n is below 1.
        """
        check_whole("n", n, 1)
        return self._pictures(self.random_codes(n, generator))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Sample images: decode random codes, then draw each pixel: uint8 `(n, 1, H, W)`.

        Args:
            n: number of images.
            generator: on the CPU; by default PyTorch's global random numbers.

        Raises:
            ConfigError: n is below 1.
        """
        means = self.sample_means(n, generator).cpu()
        return (torch.rand(means.shape, generator=generator) < means).to(torch.uint8)

    def _pictures(self, codes: Tensor) -> Tensor:
        logits = self.decode(codes)  # (B, H * W)
        return torch.sigmoid(logits).unflatten(1, (1, self.config.height, self.config.width))

    def _flat(self, images: Tensor) -> Tensor:
        """The encoder's input: float32 `(B, H * W)`, on its device.

        Raises:
            DataError: images that do not fit the model.
        """
        config = self.config
        if images.dim() != 4 or tuple(images.shape[1:]) != (1, config.height, config.width):
            raise DataError(
                f"images has shape {tuple(images.shape)}; this model needs "
                f"(batch, 1, {config.height}, {config.width})."
            )
        if images.dtype != torch.uint8 or (images.numel() and int(images.max()) > 1):
            raise DataError(
                "images must be torch.uint8 with the levels 0 and 1; load the data with levels=2."
            )
        return images.to(self._device).flatten(1).float()

    @property
    def _device(self) -> torch.device:
        return next(self.parameters()).device

    def _normal(self, shape: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
        # Drawn on the CPU, so that a seed gives the same numbers on every device.
        return torch.randn(shape, generator=generator).to(self._device)


def log_likelihood(logits: Tensor, pixels: Tensor) -> Tensor:
    """Log-probability of pixels under independent Bernoullis, in nats: `(..., D)` to `(...)`.

    The negative binary cross-entropy, summed over pixels. Shapes broadcast.
    """
    logits, pixels = torch.broadcast_tensors(logits, pixels)
    return -F.binary_cross_entropy_with_logits(logits, pixels, reduction="none").sum(dim=-1)


def _perceptron(sizes: list[int]) -> nn.Sequential:
    """Linear layers with a ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def build(model: type[Baseline], options: dict[str, object]) -> Baseline:
    """A baseline with fresh weights.

    Raises:
        ConfigError: an unknown option, or an invalid value.
    """
    check_options(options, [field.name for field in fields(model.config_class)], model.name)
    return model(model.config_class(**options))  # type: ignore[arg-type]
