"""The network to train: controls for the options of every architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.recipes.live import LivePreset


@dataclass(frozen=True)
class _Choice:
    """An option that only some architectures have, with its values."""

    label: str
    values: tuple[Any, ...]
    usual: Any
    help: str


_BLOCK = _Choice(
    "Block",
    ("bottleneck", "plain"),
    "bottleneck",
    "A bottleneck halves the channels before the wide kernel, so each block is cheaper.",
)
_NORM = _Choice(
    "Normalisation",
    ("layer", "none"),
    "layer",
    "layer: normalises the features at each pixel. It usually learns faster.",
)
_HEADS = _Choice(
    "Heads (of each attention)",
    (1, 2, 3, 4, 6, 8),
    1,
    "Each head has its own attention pattern. The heads share the channels.",
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
            "Attention always follows the last block.",
        ),
        "heads": _HEADS,
    },
    "pixelcnnpp": {
        "resolutions": _Choice(
            "Sizes (each half the one before)",
            (1, 2, 3),
            3,
            "The number of sizes: the picture is halved on the way down and doubled on the way up.",
        ),
        "likelihood": _Choice(
            "Output",
            ("logistic_mixture", "softmax"),
            "logistic_mixture",
            "softmax: a probability for each level. logistic_mixture: a few bell curves over the "
            "levels, for pictures with many levels.",
        ),
        "dropout": _Choice(
            "Dropout (share of hidden features)",
            (0.0, 0.1, 0.3, 0.5),
            0.0,
            "Hides random features in training, to reduce overfitting.",
        ),
    },
    "pixelsnail": {
        "residuals": _Choice(
            "Convolutions before each attention",
            (1, 2, 3, 4),
            2,
            "Gated residual layers, which read nearby pixels.",
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
        "cell": _Choice("Cell", ("lstm", "gru"), "lstm", "A gru has a quarter fewer weights."),
    },
}
_CONDITIONING = _Choice(
    "How the label enters",
    ("bias", "film", "concat"),
    "bias",
    "bias: adds a vector per digit in every block. film: scales and shifts each channel. concat: "
    "adds a plane per digit to the image.",
)


class Options:
    """Controls with a separate key for each preset, so that each preset sets its own values.

    Another architecture than the preset's starts from its own smallest preset.
    """

    def __init__(self, preset: LivePreset) -> None:
        self.base = preset.config
        self._preset = preset.name
        self._architecture = preset.config.model

    def choose_architecture(self) -> str:
        """Let the user choose the architecture; later options belong to it."""
        from pages.shared.architectures import ARCHITECTURES
        from pixelcnn.models.registry import model_names

        self._architecture = self.pick(
            "Architecture",
            model_names(),
            self.base.model,
            "model",
            help="The page Masks & blind spots compares them.",
        )
        words = ARCHITECTURES.get(self._architecture)
        if words:
            st.caption(f"{words.paper}: {words.what}")
        return self._architecture

    def model(self, name: str, otherwise: Any) -> Any:
        """The default value of a model option."""
        from pixelcnn.models.preset_configs import presets

        if self._architecture == self.base.model:
            return self.base.model_options.get(name, otherwise)
        return presets(self._architecture)["tiny"].get(name, otherwise)

    def place(self, name: str) -> dict[str, Any]:
        """The arguments that keep a control's value in the session and in the address."""
        return {"key": self.key(name), "bind": "query-params"}

    def key(self, name: str) -> str:
        """The key of an option in the session and in the address."""
        return f"{self._preset}-{name}"

    def model_place(self, name: str) -> dict[str, Any]:
        """The same for an option of the network."""
        other = self._architecture != self.base.model
        return self.place(f"{self._architecture}-{name}" if other else name)

    def pick(self, label: str, values: list[Any], value: Any, name: str, **options: Any) -> Any:
        """Let the user pick a value, with the preset's own among the options."""
        options = {**self.place(name), **options}
        if value not in values:
            values = sorted([*values, value])
        return st.selectbox(label, values, index=values.index(value), **options)

    def pick_model(self, choice: _Choice, name: str, key: str | None = None) -> Any:
        """Let the user pick a value of a model option."""
        return self.pick(
            choice.label,
            list(choice.values),
            self.model(name, choice.usual),
            name,
            help=choice.help,
            **self.model_place(key or name),
        )


def choose_network(options: Options) -> tuple[str, dict[str, Any]]:
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
            "Kernel (width in pixels)",
            [3, 5, 7, 9],
            options.model("kernel_size", 3),
            "kernel",
            **options.model_place("kernel"),
        ),
    }
    for name, choice in _OWN.get(model, {}).items():
        chosen[name] = options.pick_model(choice, name)
    chosen["position"] = st.checkbox(
        "Row and column as input",
        options.model("position", True),
        **options.model_place("position"),
    )
    return model, chosen


def choose_conditioning(options: Options) -> dict[str, Any]:
    """How the label enters the network; empty for the default."""
    chosen = options.pick_model(_CONDITIONING, "conditioning")
    return {} if chosen == _CONDITIONING.usual else {"conditioning": chosen}
