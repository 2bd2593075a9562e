"""What to train: the network. Widgets for the options of every architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.recipes.live import LivePreset


@dataclass(frozen=True)
class _Choice:
    """An option of some architectures only: what it is called, and what can be chosen."""

    label: str
    values: tuple[Any, ...]
    usual: Any
    help: str


_BLOCK = _Choice(
    "Block",
    ("bottleneck", "plain"),
    "bottleneck",
    "A bottleneck halves the channels before the wide kernel: cheaper, and deeper.",
)
_NORM = _Choice(
    "Normalisation",
    ("layer", "none"),
    "layer",
    "layer: features are brought to one scale at each pixel. It learns faster.",
)
_HEADS = _Choice(
    "Heads (of each attention)",
    (1, 2, 3, 4, 6, 8),
    1,
    "Each head looks for something of its own. They share the channels.",
)
_OWN: Mapping[str, Mapping[str, _Choice]] = {
    "pixelcnn": {"block": _BLOCK, "norm": _NORM},
    "pixelcnn_attention": {
        "block": _BLOCK,
        "norm": _NORM,
        "attention_every": _Choice(
            "Blocks before each attention",
            (1, 2, 3, 4),
            2,
            "The last block is always followed by one.",
        ),
        "heads": _HEADS,
    },
    "pixelcnnpp": {
        "resolutions": _Choice(
            "Sizes (each half the one before)",
            (1, 2, 3),
            3,
            "How often the picture is made smaller on the way down, and larger on the way up.",
        ),
        "likelihood": _Choice(
            "What it puts out",
            ("logistic_mixture", "softmax"),
            "logistic_mixture",
            "softmax: a probability for each level. logistic_mixture: a few bell curves over the "
            "levels, for pictures with many of them.",
        ),
        "dropout": _Choice(
            "Dropout (share of features hidden)",
            (0.0, 0.1, 0.3, 0.5),
            0.0,
            "Hides features at random in training, against learning by heart.",
        ),
    },
    "pixelsnail": {
        "residuals": _Choice(
            "Convolutions before each attention",
            (1, 2, 3, 4),
            2,
            "Gated residual layers, which look at what is near.",
        ),
        "heads": _HEADS,
    },
    "pixelrnn": {
        "layer": _Choice(
            "Recurrent layer",
            ("diagonal_bilstm", "row_lstm"),
            "diagonal_bilstm",
            "diagonal_bilstm: along the diagonals, from both sides; it sees everything. row_lstm: "
            "row by row; it sees a triangle.",
        ),
        "cell": _Choice("Cell", ("lstm", "gru"), "lstm", "A gru is smaller by a quarter."),
    },
}
_CONDITIONING = _Choice(
    "How it is told",
    ("bias", "film", "concat"),
    "bias",
    "bias: a vector for each digit is added in every block. film: each channel is scaled and "
    "shifted. concat: a plane for each digit stands beside the image.",
)


class Options:
    """Widgets with a key of their own for each preset, so that a preset brings its values.

    Another architecture than the preset's brings those of its own smallest preset.
    """

    def __init__(self, preset: LivePreset) -> None:
        self.base = preset.config
        self._preset = preset.name
        self._architecture = preset.config.model

    def choose_architecture(self) -> str:
        """The architecture, from which on its options are meant."""
        from pages.shared.architectures import ARCHITECTURES
        from pixelcnn.models.registry import model_names

        self._architecture = self.pick(
            "Architecture",
            model_names(),
            self.base.model,
            "model",
            help="Each is compared with the others on the page Masks & blind spots.",
        )
        words = ARCHITECTURES.get(self._architecture)
        if words:
            st.caption(f"{words.paper}: {words.what}")
        return self._architecture

    def model(self, name: str, otherwise: Any) -> Any:
        """The usual value of a model option."""
        from pixelcnn.models.preset_configs import presets

        if self._architecture == self.base.model:
            return self.base.model_options.get(name, otherwise)
        return presets(self._architecture)["tiny"].get(name, otherwise)

    def place(self, name: str) -> dict[str, Any]:
        """Where a widget's value is kept."""
        return {"key": self.key(name), "bind": "query-params"}

    def key(self, name: str) -> str:
        """The key of an option in the session and in the address."""
        return f"{self._preset}-{name}"

    def model_place(self, name: str) -> dict[str, Any]:
        """The same for an option of the network."""
        other = self._architecture != self.base.model
        return self.place(f"{self._architecture}-{name}" if other else name)

    def pick(self, label: str, values: list[Any], value: Any, name: str, **options: Any) -> Any:
        """One of some values, the preset's own among them."""
        options = {**self.place(name), **options}
        if value not in values:
            values = sorted([*values, value])
        return st.selectbox(label, values, index=values.index(value), **options)

    def pick_model(self, choice: _Choice, name: str, key: str | None = None) -> Any:
        """One of the values of a model option."""
        return self.pick(
            choice.label,
            list(choice.values),
            self.model(name, choice.usual),
            name,
            help=choice.help,
            **self.model_place(key or name),
        )


def choose_network(options: Options) -> tuple[str, dict[str, Any]]:
    """The architecture and its options."""
    model = options.choose_architecture()
    chosen: dict[str, Any] = {
        "hidden_channels": st.slider(
            "Channels (features at each pixel)",
            4,
            128,
            options.model("hidden_channels", 48),
            4,
            **options.model_place("channels"),
        ),
        "blocks": st.slider(
            "Blocks (layers)",
            1,
            12,
            options.model("blocks", 4),
            **options.model_place("blocks"),
        ),
        "kernel_size": options.pick(
            "Kernel (pixels it looks across)",
            [3, 5, 7, 9],
            options.model("kernel_size", 3),
            "kernel",
            **options.model_place("kernel"),
        ),
    }
    for name, choice in _OWN.get(model, {}).items():
        chosen[name] = options.pick_model(choice, name)
    chosen["position"] = st.checkbox(
        "Tell it row and column",
        options.model("position", True),
        **options.model_place("position"),
    )
    return model, chosen


def choose_conditioning(options: Options) -> dict[str, Any]:
    """How the network is told which digit it is to draw; nothing where that is as usual."""
    told = options.pick_model(_CONDITIONING, "conditioning")
    return {} if told == _CONDITIONING.usual else {"conditioning": told}
