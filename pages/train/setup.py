"""The setup of a training: a preset, and all other options under More."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import streamlit as st

from pages.shared import turns
from pages.shared.controls import whole_number
from pages.train.network import Options, choose_conditioning, choose_network
from pixelcnn.data.names import OWN
from pixelcnn.training.config import Optimizer

if TYPE_CHECKING:
    from pixelcnn.data.dataset import DataSet
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.recipes.live import LivePreset
    from pixelcnn.recipes.preview import Preview

_RATES = [1e-4, 3e-4, 1e-3, 3e-3, 5e-3, 8e-3, 2e-2, 5e-2, 0.1, 1.0]
_LEVELS = [2, 4, 8, 16, 32, 256]
_SIZES = [7, 10, 14, 16, 20, 24, 28, 32, 48, 64]
_AVERAGES = [0.0, 0.9, 0.99, 0.999]
_BATCHES = [4, 8, 16, 32, 64, 128]


def choose_preset() -> LivePreset:
    from pixelcnn.recipes.live import live_presets

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
    """All other options, starting from the preset; kept in the URL where they differ from it."""
    options = Options(preset)
    with st.expander("More: network, data, training"):
        network_box, data_box, training_box = st.columns(3, gap="medium")
    with network_box:
        st.markdown("**Network**")
        model, model_options = choose_network(options)
    with data_box:
        st.markdown("**Data**")
        data, data_options, conditional = _data(options)
        if conditional:
            model_options |= choose_conditioning(options)
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


def _data(options: Options) -> tuple[str, dict[str, Any], bool]:
    from pixelcnn.data.registry import data_names, describe

    base = options.base
    chosen: dict[str, Any] = {}
    if base.data == OWN:
        data = OWN
        chosen["root"] = base.data_options["root"]
    else:
        data = options.pick("Data set", data_names(), base.data, "data")
        described = describe(data)
        download = ". Downloaded if missing" if described.needs_download else ""
        st.caption(f"{described.text}{download}.")
    if data != "digits8x8":
        own = base.data_options.get("size", 28)
        chosen["size"] = options.pick("Rows and columns", _SIZES, own, "size")
    levels = options.pick(
        "Levels of grey", _LEVELS, 2, "levels", help="2: ink or paper. More levels are harder."
    )
    if levels != 2:
        chosen["levels"] = levels
    else:
        binarize = options.pick(
            "From grey to ink or paper",
            ["threshold", "static", "dynamic"],
            "threshold",
            "binarize",
            help="threshold: at half grey. static: drawn at random once. dynamic: drawn at random "
            "each time. Scores are comparable only within one of these.",
        )
        if binarize != "threshold":
            chosen["binarize"] = binarize
    conditional = (data != OWN or base.conditional) and st.checkbox(
        "Label as input", base.conditional, **options.place("labels")
    )
    return data, chosen, conditional


def _training(options: Options) -> dict[str, Any]:
    base = options.base.train
    seconds = whole_number(
        "Seconds of training",
        1,
        3600,
        int(base.seconds or 60),
        key=options.key("seconds"),
    )
    rate = st.select_slider(
        "Learning rate (length of a step)",
        _RATES,
        base.learning_rate,
        format_func=lambda rate: f"{rate:g}",
        help="0.003 to 0.01 usually works. Lower rates learn slowly; try 1 to see what too high a "
        "rate does.",
        **options.place("rate"),
    )
    batch = options.pick("Digits per step (batch)", _BATCHES, base.batch_size, "batch")
    optimizer = options.pick(
        "Optimizer (rule for a step)",
        list(get_args(Optimizer)),
        base.optimizer,
        "optimizer",
        help="Adam and RMSprop scale the step of each weight separately. Muon scales the update of "
        "a whole kernel to equal size in all directions; in our runs it needed about half as many "
        "steps.",
    )
    ema = options.pick(
        "Averaging of the weights (EMA)",
        _AVERAGES,
        base.ema,
        "ema",
        format_func=lambda decay: f"{decay:g}" if decay else "none",
        help="Scores and samples use a running average of the weights instead of the latest ones. "
        "0.99 averages over about 100 steps: smoother, but a little behind.",
    )
    seed = whole_number("Seed (of all random numbers)", 0, 9999, base.seed, key=options.key("seed"))
    return {
        "seconds": float(seconds),
        "learning_rate": float(rate),
        "batch_size": int(batch),
        "optimizer": optimizer,
        "ema": float(ema),
        "seed": int(seed),
    }


def facts(config: RunConfig, *, fetch: bool = True) -> Preview | None:
    """The facts before the start; None if the data must be downloaded first.

    Raises:
        LabError: the training cannot work.
    """
    from pixelcnn.data.registry import describe

    config.check()
    if not fetch and not is_at_hand(config):
        return None
    preview = _preview(config.to_json())
    if describe(config.data).needs_download:
        _fetched().add(config.data)
    _previewed().add(config.to_json())
    return preview


def facts_at_hand(config: RunConfig) -> Preview | None:
    """The facts if they are cached, without loading PyTorch; else None."""
    return facts(config) if config.to_json() in _previewed() else None


@st.cache_resource(show_spinner=False)
def _previewed() -> set[bytes]:
    """The configurations whose facts were computed since the server started."""
    return set()


def is_at_hand(config: RunConfig) -> bool:
    """Whether the data of a run is available without a download."""
    from pixelcnn.data.registry import describe

    return not describe(config.data).needs_download or config.data in _fetched()


def data_of(config: RunConfig) -> DataSet:
    """The data of a run, shared by all sessions.

    Raises:
        DataError: it cannot be read.
    """
    return _data_set(config.data, tuple(config.data_options.items()))


@st.cache_resource(show_spinner=False)
def _fetched() -> set[str]:
    """Data sets read since the server started: these need no download."""
    return set()


@st.cache_resource(show_spinner=False, max_entries=4)
def _data_set(name: str, options: tuple[tuple[str, Any], ...]) -> DataSet:
    from pixelcnn.data.registry import load_data

    with turns.reading_turn() if name == OWN else nullcontext():
        return load_data(name, **dict(options))


@st.cache_resource(show_spinner="Reading the data and building the network ...", max_entries=64)
def _preview(config_json: bytes) -> Preview:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.recipes.preview import preview

    config = RunConfig.from_json(config_json)
    data = data_of(config)
    with turns.long_turn():
        return preview(config, data)


def tell_facts(preview: Preview, config: RunConfig) -> None:
    """Show the facts before the start."""
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
        f"**{preview.parameters.used:,}** weights learn from **{preview.train_images:,}** "
        f"{'pictures' if config.data == OWN else 'digits'} for "
        f"**{config.train.seconds:.0f} s**. Each pixel sees {sees}."
    )
