"""The contract of every architecture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor, nn

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.config import ModelConfig
from pixelcnn.models.level_features import LevelFeatures
from pixelcnn.nn.layers import RELU_GAIN, MaskedConv2d
from pixelcnn.nn.likelihoods import Bernoulli, Categorical, Likelihood
from pixelcnn.nn.logistic_mixture import DiscretizedLogisticMixture


class AutoregressiveModel(nn.Module, ABC):
    """A distribution over images, factorised sub-pixel by sub-pixel.

    p(x) = prod_i p(x_i | x_1 ... x_{i-1}), in raster order, and R, G, B inside a pixel. Subclasses
    define `network`; scaling, checks and the likelihood are shared.
    """

    name: ClassVar[str]
    config_class: ClassVar[type[ModelConfig]]
    _output: MaskedConv2d

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        # Checked here and not in the config: `top_of` makes non-square copies that must stay valid.
        if config.orders > 1 and config.height != config.width:
            raise ConfigError(
                f"orders = {config.orders} needs square images, and this one is "
                f"{config.height} x {config.width}."
            )
        self.config = config
        self.likelihood = make_likelihood(config)
        self.read_levels = LevelFeatures(config) if config.level_features else nn.Identity()

    @abstractmethod
    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """The causal network, a straight line of layers that `torch.fx` can trace.

        Args:
            x: float `(B, C, H, W)`, scaled by `scale`.
            labels: int64 `(B,)`, or None for a model without classes.

        Returns:
            `(B, C * P, H, W)`: all parameters of R, then of G, then of B.
        """

    def _output_layer(self, inputs: int, colours: int, gain: float = RELU_GAIN) -> MaskedConv2d:
        outputs = self.config.channels * self.likelihood.parameters
        return MaskedConv2d(inputs, outputs, 1, "B", colours=colours, gain=gain)

    @property
    def output(self) -> MaskedConv2d:
        """The last layer of `network`."""
        return self._output

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether every earlier pixel is seen at sufficient depth: the claim that audits check."""

    def scale(self, images: Tensor) -> Tensor:
        """Levels to network inputs: uint8 to `[-1, 1]`, in the weights' dtype.

        Padding is 0, between the darkest and the lightest level, so a network can tell the border
        from paper.
        """
        dtype = self.output.weight.dtype
        # Half precision cannot count to 255: the arithmetic is done in float32 at least.
        exact = images.to(torch.promote_types(dtype, torch.float32))
        return (exact * (2 / (self.config.levels - 1)) - 1).to(dtype)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Distribution parameters of every sub-pixel, given the ones before it.

        Args:
            images: uint8 `(B, C, H, W)`, values in `[0, levels)`.
            labels: int64 `(B,)`, values in `[0, classes)`; None for a model without classes. A
                model with `label_dropout` also takes `config.no_label`, or None for all images.

        Returns:
            `(B, P, C, H, W)`: float64 for a model in double precision, else float32.

        Raises:
            DataError: wrong shape, dtype, levels or labels. `torch.compile` and `torch.export`
                skip the check of levels and label values, which no graph can hold.
        """
        self.check_images(images)
        labels = self.full_labels(labels, len(images), images.device)
        parameters = self.network(self.scale(images), labels)
        return self.unpack(parameters.to(torch.promote_types(parameters.dtype, torch.float32)))

    def unpack(self, output: Tensor) -> Tensor:
        """The output of `network`, `(B, C * P, ...)`, as parameters `(B, P, C, ...)`."""
        return output.unflatten(1, (self.config.channels, -1)).transpose(1, 2)

    def log_prob(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Exact log-probability of each image, in nats: `(B,)`. Arguments as for `forward`."""
        parameters = self(images, labels)
        return self.likelihood.log_prob(parameters, images).sum(dim=(1, 2, 3))

    def initialize(self, frequencies: Tensor) -> None:
        """Initialise as the independent model with these level frequencies `(levels,)`.

        The last layer gets small weights and the bias of the frequencies, so that the first
        training steps learn structure, not the share of ink.
        """
        frequencies = (frequencies + 1e-4) / (frequencies + 1e-4).sum()
        with torch.no_grad():
            self.output.weight.mul_(0.1)
            bias = self.likelihood.bias_for(frequencies)  # (P,)
            if self.output.bias is not None:
                self.output.bias.copy_(bias.repeat(self.config.channels))
                if self.likelihood.coupled:
                    # In G and B these couple to R; they are right as they are.
                    tilts = self.output.bias.view(self.config.channels, -1)
                    tilts[1:, : self.config.components] = 0

    def check_images(self, images: Tensor) -> None:
        """Raise `DataError` unless `images` is a batch that fits this model."""
        config = self.config
        if images.dim() != 4 or tuple(images.shape[1:]) != config.image_shape:
            raise DataError(
                f"images has shape {tuple(images.shape)}; this model needs "
                f"(batch, {config.channels}, {config.height}, {config.width})."
            )
        if images.dtype != torch.uint8:
            raise DataError(f"images has dtype {images.dtype}; it must hold levels as torch.uint8.")
        if torch.compiler.is_compiling() or config.levels == 256 or not images.numel():
            return
        if int(images.max()) >= config.levels:
            raise DataError(
                f"images holds level {int(images.max())}; the levels of this model are 0 to "
                f"{config.levels - 1}. Quantise the images first."
            )

    def full_labels(
        self, labels: Tensor | None, batch: int, device: torch.device | None = None
    ) -> Tensor | None:
        """The labels as `network` takes them: int64 `(batch,)`, or None without classes.

        Raises:
            DataError: labels that do not fit this model and `batch` images.
        """
        if labels is None and self.config.label_dropout > 0:
            return torch.full((batch,), self.config.no_label, device=device)
        self.check_labels(labels, batch)
        return labels

    def labels_in_turn(self, n: int, label: int | None = None) -> Tensor | None:
        """All classes in turn, or one for all: int64 `(n,)`; None for a model without classes.

        Raises:
            ConfigError: a label for a model without classes, or n below 1.
        """
        if n < 1:
            raise ConfigError(f"n = {n}; use at least 1.")
        classes = self.config.classes
        if not classes:
            if label is not None:
                raise ConfigError(f"label = {label} cannot be drawn: this model has no classes.")
            return None
        return torch.arange(n) % classes if label is None else torch.full((n,), label)

    def check_labels(self, labels: Tensor | None, batch: int) -> None:
        """Raise `DataError` unless `labels` fits this model and `batch` images."""
        classes = self.config.classes
        if classes == 0:
            if labels is not None:
                raise DataError("labels were given, but this model was built without classes.")
            return
        if labels is None:
            raise DataError(
                f"labels is missing: this model has {classes} classes. "
                f"Give one label from 0 to {classes - 1} for each image."
            )
        if labels.dtype != torch.int64 or tuple(labels.shape) != (batch,):
            raise DataError(
                f"labels has shape {tuple(labels.shape)} and dtype {labels.dtype}; it must be "
                f"({batch},) and torch.int64."
            )
        slots = self.config.label_slots
        if torch.compiler.is_compiling():
            return
        if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < slots:
            raise DataError(
                f"labels holds values from {int(labels.min())} to {int(labels.max())}; "
                f"this model has 0 to {classes - 1}."
            )


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for as long as the `with` statement lasts; then as it was."""
    was_training = model.training
    if not any(module.training for module in model.modules()):
        yield  # setting each layer again takes longer than drawing a small image
        return
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def make_likelihood(config: ModelConfig) -> Likelihood:
    """The configured likelihood."""
    if config.likelihood == "logistic_mixture":
        coupled = config.channels > 1 and not config.independent_channels
        return DiscretizedLogisticMixture(config.levels, config.components, coupled=coupled)
    return Bernoulli() if config.levels == 2 else Categorical(config.levels)
