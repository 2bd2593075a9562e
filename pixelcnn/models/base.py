"""The one contract that every architecture keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor, nn

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.layers import TapConv2d
from pixelcnn.likelihoods import Bernoulli, Categorical, Likelihood
from pixelcnn.logistic_mixture import DiscretizedLogisticMixture

Conditioning = Literal["bias", "film", "concat"]
LikelihoodName = Literal["softmax", "logistic_mixture"]


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What is common to all architectures. JSON-able: `dataclasses.asdict` and back.

    Attributes:
        levels: values a sub-pixel can take, 2 to 256.
        channels: colour channels of the image, 1 (grey) or 3 (R, G, B in this order).
        height: rows of the image, in pixels.
        width: columns of the image, in pixels.
        classes: number of labels to condition on; 0 for none.
        hidden_channels: feature channels inside the network.
        blocks: how many times the repeated part is repeated: the depth.
        kernel_size: of the repeated masked convolutions, odd.
        first_kernel_size: of the first masked convolution, odd.
        position: whether the features get a learned function of row and column.
        conditioning: how the label enters: `bias` adds a vector in each block, `film` scales and
            shifts its channels, `concat` puts a plane for each class beside the image.
        label_dropout: share of the labels that training hides, 0 for none. Above 0, the model
            also knows images without a label, and sampling can be guided.
        independent_channels: R, G and B of a pixel do not see one another.
        likelihood: `softmax` over the levels (for two of them a single sigmoid), or
            `logistic_mixture`, the discretised mixture of logistics of PixelCNN++.
        components: of the logistic mixture.
    """

    levels: int = 2
    channels: int = 1
    height: int = 28
    width: int = 28
    classes: int = 0
    hidden_channels: int = 64
    blocks: int = 5
    kernel_size: int = 3
    first_kernel_size: int = 7
    position: bool = False
    conditioning: Conditioning = "bias"
    label_dropout: float = 0.0
    independent_channels: bool = False
    likelihood: LikelihoodName = "softmax"
    components: int = 5

    @property
    def colour_groups(self) -> int:
        """Groups that the features are divided into, so that G may see R and B may see both."""
        return 1 if self.independent_channels else self.channels

    @property
    def no_label(self) -> int:
        """The label that stands for none; allowed only if `label_dropout` is above 0."""
        return self.classes

    @property
    def label_slots(self) -> int:
        """How many labels there are, with that for none."""
        return self.classes + (self.label_dropout > 0)

    @property
    def saturating_blocks(self) -> int:
        """As many blocks as can widen the view: each moves it by at least one pixel."""
        return max(self.blocks, min(self.height + self.width, 256))

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # JSON and command lines hand over True for 1, which would pass as an int.
            if field.type == "int" and (not isinstance(value, int) or isinstance(value, bool)):
                raise ConfigError(f"{field.name} = {value!r} is not a whole number.")
            if field.type == "bool" and not isinstance(value, bool):
                raise ConfigError(f"{field.name} = {value!r} is neither True nor False.")
            if field.type == "float" and not isinstance(value, float | int):
                raise ConfigError(f"{field.name} = {value!r} is not a number.")
        self._check_range("levels", 2, 256)
        self._check_choice("channels", (1, 3))
        self._check_range("height", 1, 256)
        self._check_range("width", 1, 256)
        self._check_range("classes", 0, 1000)
        self._check_range("hidden_channels", 1, 1024)
        self._check_range("blocks", 1, 256)
        self._check_kernel("kernel_size")
        self._check_kernel("first_kernel_size")
        self._check_choice("conditioning", get_args(Conditioning))
        self._check_choice("likelihood", get_args(LikelihoodName))
        self._check_range("components", 1, 100)
        self._check_range("label_dropout", 0.0, 0.9)
        if self.label_dropout and not self.classes:
            raise ConfigError(
                f"label_dropout = {self.label_dropout} hides labels, but classes = 0: there are "
                "none. Give classes, or leave label_dropout at 0."
            )
        if self.hidden_channels % self.channels:
            raise ConfigError(
                f"hidden_channels = {self.hidden_channels} cannot be shared between "
                f"{self.channels} colours; use a multiple of {self.channels}."
            )

    def _check_range(self, name: str, low: float, high: float) -> None:
        if not low <= getattr(self, name) <= high:
            raise ConfigError(f"{name} = {getattr(self, name)} is outside {low} to {high}.")

    def _check_choice(self, name: str, allowed: tuple[object, ...]) -> None:
        if getattr(self, name) not in allowed:
            choices = ", ".join(map(repr, allowed))
            raise ConfigError(f"{name} = {getattr(self, name)!r} is unknown; use one of {choices}.")

    def _check_kernel(self, name: str) -> None:
        size = getattr(self, name)
        widest = 2 * max(self.height, self.width) - 1
        if size < 1 or size % 2 == 0:
            raise ConfigError(f"{name} = {size} has no centre; use an odd number from 1 on.")
        if size > widest:
            raise ConfigError(
                f"{name} = {size} reaches beyond a {self.height} x {self.width} image from "
                f"everywhere in it; use {widest} or less."
            )


class AutoregressiveModel(nn.Module, ABC):
    """A distribution over images, one sub-pixel after the other.

    p(x) = prod_i p(x_i | x_1 ... x_{i-1}), in raster order, and R, G, B inside a pixel. A
    subclass gives `network`; scaling, checks and the likelihood are the same for all.
    """

    name: ClassVar[str]
    config_class: ClassVar[type[ModelConfig]]
    complete: ClassVar[bool]
    """Whether, with enough depth, every earlier pixel is seen: the claim that audits check."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.likelihood = make_likelihood(config)

    @abstractmethod
    def network(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """The causal network proper, as a straight line of layers that `torch.fx` can trace.

        Args:
            x: float `(B, C, H, W)`, scaled by `scale`.
            labels: int64 `(B,)`, or None for a model without classes.

        Returns:
            `(B, C * P, H, W)`: all parameters of R, then those of G, then those of B.
        """

    @property
    @abstractmethod
    def output(self) -> TapConv2d:
        """The last layer of `network`."""

    def scale(self, images: Tensor) -> Tensor:
        """Levels to the numbers that the network reads: uint8 to float in `[-1, 1]`.

        Outside the picture convolutions see 0, between the darkest and the lightest level, so a
        network can tell the border from paper.
        """
        return images.float() * (2 / (self.config.levels - 1)) - 1

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Distribution parameters of every sub-pixel, given the ones before it.

        Args:
            images: uint8 `(B, C, H, W)`, values in `[0, levels)`.
            labels: int64 `(B,)`, values in `[0, classes)`; None for a model without classes. A
                model with `label_dropout` also takes `config.no_label`, and None for all of that.

        Returns:
            float32 `(B, P, C, H, W)`.

        Raises:
            DataError: wrong shape, dtype, levels or labels.
        """
        self.check_images(images)
        labels = self.full_labels(labels, len(images), images.device)
        parameters = self.network(self.scale(images), labels).float()
        return self.unpack(parameters)

    def unpack(self, output: Tensor) -> Tensor:
        """What `network` returns, `(B, C * P, ...)`, as parameters `(B, P, C, ...)`."""
        return output.unflatten(1, (self.config.channels, -1)).transpose(1, 2)

    def log_prob(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Exact log-probability of each image, in nats: `(B,)`. Arguments as for `forward`."""
        parameters = self(images, labels)
        return self.likelihood.log_prob(parameters, images).sum(dim=(1, 2, 3))

    def initialize(self, frequencies: Tensor) -> None:
        """Start from the independent model with these level frequencies `(levels,)`.

        The last layer's weights become small and its bias the frequencies' own, so that the
        first training steps are spent on structure, not on the share of ink.
        """
        frequencies = (frequencies + 1e-4) / (frequencies + 1e-4).sum()
        with torch.no_grad():
            self.output.weight.mul_(0.1)
            bias = self.likelihood.bias_for(frequencies).repeat(self.config.channels)
            if self.output.bias is not None:
                self.output.bias.copy_(bias)

    def check_images(self, images: Tensor) -> None:
        """Raise a `DataError` unless `images` is a batch that this model can read."""
        config = self.config
        expected = (config.channels, config.height, config.width)
        if images.dim() != 4 or tuple(images.shape[1:]) != expected:
            raise DataError(
                f"images has shape {tuple(images.shape)}; this model needs "
                f"(batch, {config.channels}, {config.height}, {config.width})."
            )
        if images.dtype != torch.uint8:
            raise DataError(
                f"images has dtype {images.dtype}; levels are whole numbers in torch.uint8."
            )
        if images.numel() and config.levels < 256 and int(images.max()) >= config.levels:
            raise DataError(
                f"images holds level {int(images.max())}; this model knows 0 to "
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

    def check_labels(self, labels: Tensor | None, batch: int) -> None:
        """Raise a `DataError` unless `labels` fits this model and `batch` images."""
        classes = self.config.classes
        if classes == 0:
            if labels is not None:
                raise DataError("labels were given, but this model was built without classes.")
            return
        if labels is None:
            raise DataError(
                f"labels is missing: this model is conditioned on {classes} classes; "
                f"give one label from 0 to {classes - 1} for each image."
            )
        if labels.dtype != torch.int64 or tuple(labels.shape) != (batch,):
            raise DataError(
                f"labels has shape {tuple(labels.shape)} and dtype {labels.dtype}; it must be "
                f"({batch},) and torch.int64."
            )
        slots = self.config.label_slots
        if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < slots:
            raise DataError(
                f"labels holds values from {int(labels.min())} to {int(labels.max())}; "
                f"this model knows 0 to {classes - 1}."
            )


def make_likelihood(config: ModelConfig) -> Likelihood:
    """The likelihood that a configuration names."""
    if config.likelihood == "logistic_mixture":
        coupled = config.channels > 1 and not config.independent_channels
        return DiscretizedLogisticMixture(config.levels, config.components, coupled=coupled)
    return Bernoulli() if config.levels == 2 else Categorical(config.levels)
