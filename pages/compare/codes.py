"""Compare: the autoencoder and the VAE beside a pixel-by-pixel model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.compare import words as compare_words
from pages.compare.pair import Pair, drawn, unseen, unseen_as
from pages.shared import common
from pages.shared.controls import one_of, whole_number
from pages.shared.loaded import loaded
from pages.shared.seeds import seeds_from
from pixelcnn.system.shipped import BASELINES
from widgets.endings.widget import endings

if TYPE_CHECKING:
    from pixelcnn.baselines.base import Baseline

_GREYS = 256  # levels of a picture of probabilities
_RANDOM = 9
_BOUND_SAMPLES = 200
SHARES, DRAWN = "as probabilities", "as drawn pixels"
_NAMES = ("autoencoder", "vae")
_TITLES = {"autoencoder": "Autoencoder", "vae": "VAE"}


@st.cache_resource(show_spinner=False)
def _baseline(name: str) -> tuple[Baseline, dict[str, Any]]:
    from pixelcnn.baselines.files import load_baseline

    return load_baseline(BASELINES / f"{name}.safetensors")


@st.cache_data(show_spinner=False, max_entries=128)
def _restored(name: str, index: int) -> NDArray[np.uint8]:
    """An unseen digit encoded and decoded, as ink: uint8 `(1, 1, H, W)`."""
    model, image = _baseline(name)[0], unseen_images()[index : index + 1]
    return _greys(model.reconstruct(image).numpy())


@st.cache_data(show_spinner=False, max_entries=128)
def _decoded(name: str, seed: int, grainy: bool) -> NDArray[np.uint8]:
    """Pictures decoded from random codes, as ink: uint8 `(n, 1, H, W)`."""
    import torch

    model, generator = _baseline(name)[0], torch.Generator().manual_seed(seed)
    if grainy:
        return model.sample(_RANDOM, generator).numpy() * np.uint8(_GREYS - 1)
    return _greys(model.sample_means(_RANDOM, generator).numpy())


@st.cache_data(show_spinner=False, max_entries=128)
def _predicted(model: str, index: int) -> NDArray[np.uint8]:
    """Probability of ink at each pixel given the true ones before it: uint8 `(1, 1, H, W)`."""
    from pixelcnn.introspect.feature_maps import prediction

    network, split = loaded(model).model, unseen(model)
    labels = split.labels[index : index + 1] if network.config.classes else None
    return _greys(prediction(network, split.images[index : index + 1], labels).numpy())


@st.cache_data(show_spinner=False, max_entries=128)
def _exact(model: str, index: int) -> float:
    """Nats that an unseen digit costs the model."""
    import torch

    network, split = loaded(model).model, unseen(model)
    labels = split.labels[index : index + 1] if network.config.classes else None
    with torch.inference_mode():
        return -network.log_prob(split.images[index : index + 1], labels).item()


@st.cache_data(show_spinner=False, max_entries=128)
def _bounds(index: int) -> tuple[float, float, float]:
    """Nats of an unseen digit: the autoencoder's loss, the VAE's ELBO and importance bound."""
    import torch

    from pixelcnn.baselines.vae import VAE

    image, generator = unseen_images()[index : index + 1], torch.Generator().manual_seed(index)
    vae = _baseline("vae")[0]
    assert isinstance(vae, VAE)
    with torch.inference_mode():
        loss = _baseline("autoencoder")[0].loss(image).item()
        bound = -vae.elbo(image, samples=_BOUND_SAMPLES, generator=generator).item()
        tight = -vae.importance_bound(image, samples=_BOUND_SAMPLES, generator=generator).item()
    return loss, bound, tight


def unseen_images() -> Any:
    """The unseen digits in the form of both baselines: black and white, 28 x 28."""
    return unseen_as(2, 28, "threshold").images


@st.fragment
def section(pair: Pair) -> None:
    """Reconstructions, random codes, and which model gives a probability."""
    st.header("Which of these can give a probability?")
    st.markdown(compare_words.CODES)
    if not pair.black_and_white:
        st.info(compare_words.CODES_NEED)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = whole_number(
            "Test digit",
            0,
            len(unseen_images()) - 1,
            key="coded",
            width=150,
            help="None of the three models was trained on it.",
        )
        seed = whole_number("Seed of the codes", 0, 9999, key="codes", width=170)
        shown = one_of("Random codes", [SHARES, DRAWN], key="ink")
    image = unseen_images()[index : index + 1].numpy() * np.uint8(_GREYS - 1)
    loss, bound, tight = _bounds(index)
    places = st.columns(3, gap="medium")
    with places[0]:
        st.subheader("Pixel by pixel (A)", anchor=False)
        _tiles([image, _predicted(pair.first, index)], ["the digit", "predicted"], "bets-a")
        label = int(unseen(pair.first).labels[index]) if pair.listens[0] else None
        st.markdown(compare_words.exact(_exact(pair.first, index), label))
        _sheet(_samples(pair.first, seed), "Drawn pixel by pixel", "codes-a")
    for place, name in zip(places[1:], ("vae", "autoencoder"), strict=True):
        with place:
            st.subheader(_TITLES[name], anchor=False)
            _tiles([image, _restored(name, index)], ["the digit", "restored"], f"restored-{name}")
            st.markdown(
                compare_words.bounded(bound, tight, _BOUND_SAMPLES)
                if name == "vae"
                else compare_words.no_probability(loss)
            )
            decoded = _decoded(name, seed, shown == DRAWN)
            _sheet(decoded, "Random codes, decoded", f"codes-{name}")
    cards = {name: _baseline(name)[1] for name in _NAMES}
    st.markdown(compare_words.whole_test_set(cards, common.models()[pair.first].card))


def _samples(model: str, seed: int) -> NDArray[np.uint8]:
    labels = tuple(range(_RANDOM)) if common.model_config(model)["classes"] else None
    return drawn(model, labels, seeds_from(seed, _RANDOM)) * np.uint8(_GREYS - 1)


def _greys(shares: NDArray[Any]) -> NDArray[np.uint8]:
    """Probabilities of ink, 0 to 1, as levels."""
    greys: NDArray[np.uint8] = np.rint(shares * (_GREYS - 1)).astype(np.uint8)
    return greys


def _tiles(pictures: list[NDArray[np.uint8]], captions: list[str], key: str) -> None:
    _endings(np.concatenate(pictures), captions, len(pictures), ", ".join(captions), key)


def _sheet(pictures: NDArray[np.uint8], label: str, key: str) -> None:
    st.caption(label)
    _endings(pictures, [], 3, label, key)


def _endings(
    pictures: NDArray[np.uint8], captions: list[str], columns: int, label: str, key: str
) -> None:
    endings(
        pictures,
        np.ones(pictures.shape[2:], bool),
        levels=_GREYS,
        captions=captions,
        columns=columns,
        max_width=290,
        legend=False,
        label=label,
        key=key,
    )
