"""What to train: a preset, and everything else behind More."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.data import DataSet
    from pixelcnn.presets_live import LivePreset
    from pixelcnn.preview import Preview
    from pixelcnn.run_config import RunConfig

_RATES = [1e-4, 3e-4, 1e-3, 3e-3, 5e-3, 8e-3, 2e-2, 5e-2, 0.1, 1.0]
_LEVELS = [2, 4, 8, 16, 32, 256]
_SIZES = [7, 10, 14, 16, 20, 24, 28, 32]
_BATCHES = [4, 8, 16, 32, 64, 128]


def choose_preset() -> LivePreset:
    """The choice of preset, kept in the URL."""
    from pixelcnn.presets_live import live_presets

    presets = live_presets()
    name = st.radio(
        "What to learn",
        list(presets),
        format_func=lambda name: presets[name].title,
        captions=[preset.promise for preset in presets.values()],
        key="preset",
        bind="query-params",
    )
    return presets[name]


def choose_options(preset: LivePreset) -> RunConfig:
    """Everything else, starting from the preset; kept in the URL where it differs from it."""
    options = _Options(preset)
    with st.expander("More: network, data, training"):
        network_box, data_box, training_box = st.columns(3, gap="medium")
    with network_box:
        st.markdown("**Network**")
        model, model_options = _network(options)
    with data_box:
        st.markdown("**Data**")
        data, data_options, conditional = _data(options)
    with training_box:
        st.markdown("**Training**")
        train = _training(options)
    base = preset.config
    return replace(
        base,
        model=model,
        model_options=model_options,
        data=data,
        data_options=data_options,
        conditional=conditional,
        train=replace(base.train, **train),
    )


class _Options:
    """Widgets with a key of their own for each preset, so that a preset brings its values."""

    def __init__(self, preset: LivePreset) -> None:
        self.base = preset.config
        self._preset = preset.name

    def model(self, name: str, otherwise: Any) -> Any:
        """The preset's value of a model option."""
        return self.base.model_options.get(name, otherwise)

    def place(self, name: str) -> dict[str, Any]:
        """Where a widget's value is kept."""
        return {"key": f"{self._preset}-{name}", "bind": "query-params"}

    def pick(self, label: str, values: list[Any], value: Any, name: str, **options: Any) -> Any:
        """One of some values, the preset's own among them."""
        if value not in values:
            values = sorted([*values, value])
        return st.selectbox(label, values, index=values.index(value), **options, **self.place(name))


def _network(options: _Options) -> tuple[str, dict[str, Any]]:
    from pixelcnn.models import model_names

    model = options.pick(
        "Architecture",
        model_names(),
        options.base.model,
        "model",
        help="pixelcnn: one stack, simple, with a blind spot. gated_pixelcnn: two stacks without "
        "one, twice the work.",
    )
    chosen: dict[str, Any] = {
        "hidden_channels": st.slider(
            "Channels (features at each pixel)",
            8,
            128,
            options.model("hidden_channels", 48),
            8,
            **options.place("channels"),
        ),
        "blocks": st.slider(
            "Blocks (layers)",
            1,
            12,
            options.model("blocks", 4),
            **options.place("blocks"),
        ),
        "kernel_size": options.pick(
            "Kernel (pixels it looks across)",
            [3, 5, 7, 9],
            options.model("kernel_size", 3),
            "kernel",
        ),
    }
    if model == "pixelcnn":
        chosen["block"] = options.pick(
            "Block",
            ["bottleneck", "plain"],
            options.model("block", "bottleneck"),
            "block",
            help="A bottleneck halves the channels before the wide kernel: cheaper, and deeper.",
        )
        chosen["norm"] = options.pick(
            "Normalisation",
            ["layer", "none"],
            options.model("norm", "layer"),
            "norm",
            help="layer: features are brought to one scale at each pixel. It learns faster.",
        )
    chosen["position"] = st.checkbox(
        "Tell it row and column",
        options.model("position", True),
        **options.place("position"),
    )
    return model, chosen


def _data(options: _Options) -> tuple[str, dict[str, Any], bool]:
    from pixelcnn.data import data_names, describe

    base = options.base
    data = options.pick("Data set", data_names(), base.data, "data")
    described = describe(data)
    st.caption(f"{described.text}{'. Downloaded if missing' if described.needs_download else ''}.")
    chosen: dict[str, Any] = {}
    if data != "digits8x8":
        own = base.data_options.get("size", 28)
        chosen["size"] = options.pick("Rows and columns", _SIZES, own, "size")
    levels = options.pick(
        "Levels of grey", _LEVELS, 2, "levels", help="2: ink or paper. More make it harder."
    )
    if levels != 2:
        chosen["levels"] = levels
    else:
        binarize = options.pick(
            "Grey becomes ink or paper",
            ["threshold", "static", "dynamic"],
            "threshold",
            "binarize",
            help="threshold: at half grey. static: by a draw, once. dynamic: drawn anew each "
            "time. Scores compare only within one of them.",
        )
        if binarize != "threshold":
            chosen["binarize"] = binarize
    conditional = st.checkbox(
        "Tell it which digit it is", base.conditional, **options.place("labels")
    )
    return data, chosen, conditional


def _training(options: _Options) -> dict[str, Any]:
    base = options.base.train
    seconds = st.number_input(
        "Seconds of training",
        1,
        3600,
        int(base.seconds or 60),
        **options.place("seconds"),
    )
    rate = st.select_slider(
        "Learning rate (length of a step)",
        _RATES,
        base.learning_rate,
        format_func=lambda rate: f"{rate:g}",
        help="0.003 to 0.01 works. Too low learns slowly; try 1 to see what too high does.",
        **options.place("rate"),
    )
    batch = options.pick("Digits a step (batch)", _BATCHES, base.batch_size, "batch")
    optimizer = options.pick("Optimizer", ["adamw", "rmsprop"], base.optimizer, "optimizer")
    seed = st.number_input(
        "Seed (which random numbers)", 0, 9999, base.seed, **options.place("seed")
    )
    return {
        "seconds": float(seconds),
        "learning_rate": float(rate),
        "batch_size": int(batch),
        "optimizer": optimizer,
        "seed": int(seed),
    }


def facts(config: RunConfig, *, fetch: bool = True) -> Preview | None:
    """What can be said before it starts; None where its data would have to be downloaded first.

    Raises:
        LabError: the training cannot work, and why.
    """
    from pixelcnn.data import describe

    config.check()
    needed = describe(config.data).needs_download
    if needed and not fetch and config.data not in _fetched():
        return None
    found = _preview(config.to_json())
    if needed:
        _fetched().add(config.data)
    return found


@st.cache_resource(show_spinner=False)
def _fetched() -> set[str]:
    """Data sets that were read since the server started, so that reading them needs no download."""
    return set()


@st.cache_resource(show_spinner=False, max_entries=4)
def _data_set(name: str, options: tuple[tuple[str, Any], ...]) -> DataSet:
    from pixelcnn.data import load_data

    return load_data(name, **dict(options))


@st.cache_resource(show_spinner="Reading the data and building the network ...", max_entries=64)
def _preview(config_json: bytes) -> Preview:
    from pixelcnn.preview import preview
    from pixelcnn.run_config import RunConfig

    config = RunConfig.from_json(config_json)
    return preview(config, _data_set(config.data, tuple(config.data_options.items())))


def tell_facts(preview: Preview, config: RunConfig) -> None:
    """The facts before the start, in words."""
    if preview.seen_share == 1:
        sees = "all pixels before it"
    else:
        sees = f"**{100 * preview.seen_share:.0f}\N{NO-BREAK SPACE}%** of the pixels before it"
        if preview.reachable_share == 1:
            sees += "; with more blocks, all of them"
        else:
            reach = f"{100 * preview.reachable_share:.0f}\N{NO-BREAK SPACE}%"
            sees += f"; at any depth at most {reach} (blind spot)"
    st.markdown(
        f"**{preview.parameters:,}** weights learn from **{preview.train_images:,}** digits for "
        f"**{config.train.seconds:.0f} s**. Each pixel sees {sees}."
    )
