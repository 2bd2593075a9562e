"""The options shared by all architectures."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, get_args

from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_choice, is_whole

Conditioning = Literal["bias", "film", "concat"]
LikelihoodName = Literal["softmax", "logistic_mixture"]


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Options of every architecture. JSON-able: `dataclasses.asdict` and back.

    Attributes:
        levels: values a sub-pixel can take, 2 to 256.
        channels: colour channels of the image, 1 (grey) or 3 (R, G, B in this order).
        height: rows of the image, in pixels.
        width: columns of the image, in pixels.
        classes: number of labels to condition on; 0 for none.
        hidden_channels: feature channels inside the network.
        blocks: number of repetitions of the repeated part: the depth.
        kernel_size: of the repeated masked convolutions, odd.
        first_kernel_size: of the first masked convolution, odd.
        level_features: 0 to feed each pixel's level as one number, else the number of
            piecewise-linear functions of it to feed instead (`LevelFeatures`), which separate
            neighbouring levels. Needs a grey image.
        position: whether the features get a learned function of row and column.
        conditioning: how the label enters: `bias` adds a vector in each block, `film` scales and
            shifts its channels, `concat` adds a plane per class to the image.
        label_dropout: share of labels hidden in training, 0 for none. Above 0, the model also
            works without labels, and sampling can be guided.
        orders: 1, or 8: the model also learns the image turned and mirrored, each of the eight
            under labels of its own (see `scan_orders.py`), so that it can start at any corner.
            Needs classes and a square image.
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
    level_features: int = 0
    position: bool = False
    conditioning: Conditioning = "bias"
    label_dropout: float = 0.0
    orders: int = 1
    independent_channels: bool = False
    likelihood: LikelihoodName = "softmax"
    components: int = 5

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of an image."""
        return self.channels, self.height, self.width

    @property
    def colour_groups(self) -> int:
        """Groups of features, so that G may see R and B may see both."""
        return 1 if self.independent_channels else self.channels

    @property
    def image_features(self) -> int:
        """Channels of the network's input."""
        return self.level_features or self.channels

    @property
    def no_label(self) -> int:
        """The label that means none; allowed only if `label_dropout` is above 0."""
        return self.classes

    @property
    def label_slots(self) -> int:
        """Number of labels, including those of all orders and the one for none."""
        return self.classes * self.orders + (self.label_dropout > 0)

    @property
    def saturating_blocks(self) -> int:
        """Depth at which the receptive field is complete: each block adds at least a pixel."""
        return max(self.blocks, min(self.height + self.width, 256))

    def deepest(self) -> Self:
        """The same architecture at unlimited depth and minimal width, for its receptive field."""
        heads: dict[str, Any] = {"heads": self.channels} if hasattr(self, "heads") else {}
        return replace(
            self,
            blocks=self.saturating_blocks,
            hidden_channels=2 * self.channels,
            classes=0,
            label_dropout=0.0,
            orders=1,
            levels=2,
            position=False,
            **heads,
        )

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "int" and not is_whole(value):
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
        self._check_range("level_features", 0, 256)
        if self.level_features and self.channels > 1:
            raise ConfigError(
                f"level_features = {self.level_features} needs a grey image, and this one has "
                f"{self.channels} colours. Use level_features = 0."
            )
        self._check_choice("conditioning", get_args(Conditioning))
        self._check_choice("likelihood", get_args(LikelihoodName))
        self._check_range("components", 1, 100)
        self._check_range("label_dropout", 0.0, 0.9)
        if self.label_dropout and not self.classes:
            raise ConfigError(
                f"label_dropout = {self.label_dropout} hides labels, but classes = 0. "
                "Set classes, or use label_dropout = 0."
            )
        self._check_choice("orders", (1, 8))
        if self.orders > 1:
            self._check_orders()
        if self.hidden_channels < self.channels:
            raise ConfigError(
                f"hidden_channels = {self.hidden_channels} is too few for {self.channels} colours; "
                f"use {self.channels} at least."
            )

    def _check_orders(self) -> None:
        if not self.classes:
            raise ConfigError(
                f"orders = {self.orders} needs classes, whose labels tell the orders apart."
            )
        if self.label_dropout or self.conditioning == "concat":
            raise ConfigError(
                f"orders = {self.orders} needs conditioning = 'bias' or 'film', and "
                "label_dropout = 0."
            )

    def _check_range(self, name: str, low: float, high: float) -> None:
        if not low <= getattr(self, name) <= high:
            raise ConfigError(f"{name} = {getattr(self, name)} is outside {low} to {high}.")

    def _check_choice(self, name: str, allowed: tuple[object, ...]) -> None:
        check_choice(name, getattr(self, name), allowed)

    def _check_kernel(self, name: str) -> None:
        size = getattr(self, name)
        widest = 2 * max(self.height, self.width) - 1
        if size < 1 or size % 2 == 0:
            raise ConfigError(f"{name} = {size} has no centre; use an odd number.")
        if size > widest:
            raise ConfigError(
                f"{name} = {size} is larger than any part of a {self.height} x {self.width} image "
                f"can use; use {widest} or less."
            )
