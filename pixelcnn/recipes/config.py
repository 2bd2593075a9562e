"""The configuration and the status of a run: the contents of config.json and status.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from pixelcnn.errors import ConfigError
from pixelcnn.system.atomic_files import to_json
from pixelcnn.system.checks import check_name, check_options, check_whole
from pixelcnn.training.config import TrainConfig

# Arguments of `load_data`, and the model options that follow from the data.
_DATA_OPTIONS = ("root", "levels", "binarize", "size", "form")
_FROM_DATA = ("levels", "channels", "height", "width", "classes")
_KINDS: Mapping[str, type] = {
    "model": str,
    "model_options": dict,
    "conditional": bool,
    "data": str,
    "data_options": dict,
    "notes": dict,
}


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What to train and how; stored as JSON in the run's directory.

    Attributes:
        model: name of an architecture.
        model_options: its options; image size, levels and classes come from the data.
        conditional: whether the model gets the label.
        data: name of a data set.
        data_options: arguments of `load_data`: root, levels, binarize, size, form.
        train: options of training.
        notes: further facts for the model card, such as the command.
    """

    model: str = "pixelcnn"
    model_options: Mapping[str, Any] = field(default_factory=dict)
    conditional: bool = False
    data: str = "mnist5k"
    data_options: Mapping[str, Any] = field(default_factory=dict)
    train: TrainConfig
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Serialise to JSON.

        Raises:
            ConfigError: an option's value cannot be written as JSON.
        """
        try:
            return to_json(asdict(self), indent=1)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"The configuration is not valid JSON ({error}). Use numbers, text and lists."
            ) from error

    @classmethod
    def from_json(cls, content: bytes) -> RunConfig:
        """Parse the output of `to_json`.

        Raises:
            ConfigError: it is not a configuration, or an option is invalid.
        """
        try:
            values = json.loads(content)
            train = TrainConfig(**values.pop("train"))
            return cls(**values, train=train)._with_checked_types()
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"This is not a run configuration: {error}.") from error

    def _with_checked_types(self) -> RunConfig:
        """Raise `ConfigError` unless the parts that pages show have their types."""
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise ConfigError(f"This is not a run configuration: {name} has a wrong type.")
        for name, low, high in (("size", 1, 1024), ("levels", 2, 256)):
            value = self.data_options.get(name)
            if value is not None:
                check_whole(name, value, low, high)
        if not isinstance(self.data_options.get("binarize", ""), str):
            raise ConfigError("This is not a run configuration: binarize has a wrong type.")
        return self

    def check(self) -> None:
        """Check what can be checked without loading the data.

        Raises:
            ConfigError: an unknown model, option or data set, or an invalid value.
        """
        from pixelcnn.data.names import OWN
        from pixelcnn.data.registry import data_names
        from pixelcnn.models.registry import config_class

        if self.data != OWN:
            check_name("data set", self.data, data_names())
        check_options(self.data_options, _DATA_OPTIONS, f"data set {self.data}")
        configured = config_class(self.model)
        known = [option.name for option in fields(configured) if option.name not in _FROM_DATA]
        check_options(self.model_options, known, f"model {self.model}")
        # The number of classes comes from the data; here any positive number will do.
        configured(**self.model_options, classes=int(self.conditional))
