"""Options shared by several commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from pixelcnn.errors import ConfigError
from pixelcnn.pictures.forms import Form
from pixelcnn.system.checks import check_name, check_whole

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet
    from pixelcnn.models.base import AutoregressiveModel

_NO_PRESET = "none"

Binarization = Literal["threshold", "static", "dynamic"]


@dataclass(frozen=True)
class ModelOptions:
    """Architecture and size.

    Attributes:
        model: name of the architecture, such as pixelcnn or gated_pixelcnn.
        preset: a named configuration of it, such as tiny, small or base; none for the
            architecture's own defaults.
        set: options of the architecture that override the preset's, such as hidden_channels=64
            blocks=8; a wrong one lists all.
    """

    model: str = "pixelcnn"
    preset: str = _NO_PRESET
    set: Annotated[tuple[str, ...], tyro.conf.arg(metavar="OPTION=VALUE ...")] = ()

    def resolved(self) -> dict[str, Any]:
        """The options of the architecture: the preset's, overridden by `set`.

        Raises:
            ConfigError: an unknown architecture or preset, or text that is not an option.
        """
        from pixelcnn.models.preset_configs import presets

        known = presets(self.model) | {_NO_PRESET: {}}
        check_name("preset", self.preset, known, to=self.model)
        return known[self.preset] | dict(map(assignment, self.set))

    def build(self) -> AutoregressiveModel:
        """The model, with fresh weights.

        Raises:
            ConfigError: an unknown architecture, preset or option, or an invalid value.
        """
        from pixelcnn.models.registry import build_model

        return build_model(self.model, **self.resolved()).eval()


@dataclass(frozen=True)
class DataOptions:
    """The data set.

    Attributes:
        data: name of the data set; mnist5k and digits8x8 need no download.
        levels: number of levels of a sub-pixel, 2 to 256.
        binarize: method for 2 levels; scores are comparable only within one.
        size: rows and columns in pixels; by default those of the data set.
        data_root: folder of downloaded data sets; by default $PIXELCNN_DATA, or data. For
            --data own your pictures: a folder, a zip, a table, or what the command `pictures`
            wrote.
        form: how your own pictures are read: `digit` (by default) centres and scales drawings as
            MNIST's were, `part` keeps their frame, `as-is` their greys too.
    """

    data: str = "mnist5k"
    levels: int = 2
    binarize: Binarization = "threshold"
    size: int | None = None
    data_root: Path | None = None
    form: Form | None = None

    def arguments(self) -> dict[str, Any]:
        """The options of `load_data` except the name, JSON-able."""
        chosen: dict[str, Any] = {
            "levels": self.levels,
            "binarize": self.binarize,
            "size": self.size,
        }
        if self.form is not None:
            chosen["form"] = self.form
        return chosen if self.data_root is None else chosen | {"root": str(self.data_root)}

    def load(self) -> DataSet:
        """The data set.

        Raises:
            ConfigError: an unknown name or an invalid option.
            DataError: images that cannot be read or downloaded.
        """
        from pixelcnn.data.registry import load_data

        return load_data(self.data, **self.arguments())


def check_seed(seed: int) -> None:
    """Raise `ConfigError` for a seed outside the range of random number generators."""
    check_whole("--seed", seed, 0, 2**63 - 1)


def assignment(text: str) -> tuple[str, Any]:
    """`blocks=8` as ("blocks", 8): numbers, true, false and null as in JSON, else text."""
    option, equals, value = text.partition("=")
    if not option or not equals:
        raise ConfigError(f"{text!r} is not an option; write OPTION=VALUE, such as blocks=8.")
    option = option.replace("-", "_")
    try:
        return option, json.loads(value.lower() if value in ("True", "False") else value)
    except ValueError:
        return option, value
