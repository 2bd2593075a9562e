"""Bytes: what a model knows need not be in the file."""

import os
from typing import Any
from urllib.parse import urlencode

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from pages.bytes import charts
from pages.bytes.intervals import splits
from pages.bytes.questions import QUESTIONS
from pages.bytes.words import (
    CODE,
    LEAD,
    NOISE,
    RECEIVED,
    SIZES,
    TERMS,
    TRY,
    sizes_in_words,
)
from pages.shared import common, pictures
from pages.shared.address import address_of_app, in_words
from pages.shared.controls import one_of
from pages.shared.loaded import loaded
from pages.shared.quiz import quiz
from pages.shared.turns import short_job
from pixelcnn.compression.codec import Codec
from pixelcnn.compression.form import plain_bits
from pixelcnn.compression.yardsticks import yardsticks
from pixelcnn.errors import DataError
from pixelcnn.sampling.wasm.executor import WASM
from widgets.base.payload import PackedArrays, pack_arrays
from widgets.byte_reader.widget import byte_reader
from widgets.show_link.widget import show_link

NOTHING = "nothing"
AS_IT_IS, NOISY = "as it is", "noise in its place"
RECEIVED_BYTES = "bytes"
MOST_RECEIVED = 2048
MOST_IN_A_CODE = 400


@st.cache_resource(show_spinner="Preparing the model ...")
def codec(model: str) -> Codec:
    """Writes and reads the files of a model, shared by all sessions."""
    return Codec(loaded(model).model)


@st.cache_resource(show_spinner=False)
def program(model: str) -> PackedArrays:
    """What a browser needs to read a model's files."""
    files = {"program": codec(model).program.data, "executor": WASM.read_bytes()}
    return pack_arrays({name: np.frombuffer(file, np.uint8) for name, file in files.items()})


@st.cache_data(show_spinner=False, max_entries=512)
@short_job
def compressed(model: str, image: NDArray[np.uint8], label: int | None) -> bytes:
    """The file of one image uint8 `(1, H, W)`, its label included."""
    labels = None if label is None else torch.tensor([label])
    return codec(model).compress(torch.from_numpy(image[None]), labels)


@st.cache_data(show_spinner=False, max_entries=512)
@short_job
def general_sizes(image: NDArray[np.uint8], levels: int) -> dict[str, int]:
    """Bytes of the same image in every format that this machine writes."""
    return {way.name: len(way.data(image, levels)) for way in yardsticks(levels, len(image))}


def received(model: str) -> bytes | None:
    """The bytes in the address; None if there are none.

    Raises:
        DataError: they are no bytes in hexadecimal, or no file of one image of this model.
    """
    text = st.query_params.get(RECEIVED_BYTES)
    if text is None:
        return None
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise DataError("The address holds no bytes in hexadecimal. Copy it again.") from error
    if len(data) > MOST_RECEIVED:
        raise DataError(f"The address holds {len(data)} bytes; at most {MOST_RECEIVED} are read.")
    if len(codec(model).decompress(data, strict=False).images) != 1:
        raise DataError("These bytes hold another number of pictures than one. Copy them again.")
    return data


def choose(config: dict[str, Any], model: str) -> tuple[NDArray[np.uint8] | None, int | None, str]:
    """The picture, unless it is drawn or uploaded below, its label, and where it comes from."""
    with st.container(horizontal=True):
        asked = pictures.choose_picture(config, common.class_names(model))
        shown = one_of("Picture", [AS_IT_IS, NOISY], key="instead")
    image = asked.image
    if shown == NOISY:
        shape = (1, config["height"], config["width"])
        image = np.random.default_rng(0).integers(0, config["levels"], shape, np.uint8)
    return image, asked.label, asked.source


def reader(model: str, data: bytes) -> None:
    """The bytes and the picture in them, read in the browser."""
    labels = codec(model).labels
    byte_reader(
        data,
        program(model),
        levels=common.model_config(model)["levels"],
        labels=labels,
        names=common.class_names(model),
        start_bits=plain_bits(labels),
        key="reader",
    )


def send(model: str, data: bytes) -> None:
    """The bytes in hexadecimal, and as a code that opens this page with them."""
    st.header("Ten bytes are enough to send it")
    address = address_of_app(st.context.url, "bytes")
    link = f"{address.url}/bytes?{urlencode({'model': model, RECEIVED_BYTES: data.hex()})}"
    left, right = st.columns([1, 2], vertical_alignment="center")
    with right:
        st.code(data.hex(" "), language=None, wrap_lines=True)
        st.markdown("The address holds the model's name and these bytes, no picture.")
        st.code(link, language=None, wrap_lines=True)
        st.caption(in_words(address))
    if len(data) > MOST_IN_A_CODE:
        left.markdown(f"{len(data)} bytes are too many for a code that a phone can read.")
        return
    import segno

    code = segno.make_qr(link, error="l")
    left.image(
        code.png_data_uri(scale=6, border=3),
        width=260,
        caption="Point a phone at it",
        alt="QR code of the address",
    )


def sizes(models: list[str], image: NDArray[np.uint8], label: int | None) -> None:
    """The files of the models beside those of general formats."""
    st.header("The same picture in other formats")
    levels = common.model_config(models[0])["levels"]
    files = {}
    for name in models:
        own = label if common.model_config(name)["classes"] else None
        files[name] = len(compressed(name, image, own))
    general = general_sizes(image, levels)
    files |= general
    st.markdown(sizes_in_words(files, models))
    st.altair_chart(charts.sizes_chart(files, models, general["raw"]))
    st.caption(SIZES.format(raw=general["raw"]))
    if files[models[0]] > general["raw"]:
        st.info(NOISE)


common.lesson("How much does it know?", LEAD)
model = common.choose_model(in_grey=True)
config = common.model_config(model)
with st.sidebar:
    others = [
        name
        for name in common.models()
        if name != model
        and all(
            common.model_config(name)[key] == config[key]
            for key in ("levels", "channels", "height", "width")
        )
    ]
    beside = st.selectbox("Compared with", [NOTHING, *others], key="beside", bind="query-params")
with common.explained():
    given = received(model)
    if given is not None:
        st.markdown(RECEIVED)
        reader(model, given)
        show_link("bytes", {"model": model}, label="Choose a picture of your own", key="own")
        found = codec(model).decompress(given, strict=False)
        image: NDArray[np.uint8] | None = found.images[0].numpy()
        label = None if found.labels is None else int(found.labels[0])
        data = given
    else:
        image, label, source = choose(config, model)
        place = st.container()
        if image is None:
            with st.columns(2)[0]:
                image = pictures.chosen_image(source, model, config)
        data = compressed(model, image, label)
        with place:
            reader(model, data)
    assert image is not None
    sizes([model] if beside == NOTHING else [model, beside], image, label)
    send(model, data)
    st.header("How probabilities become bytes")
    st.markdown(
        "Each line is the whole interval that is left. The pixel keeps the part that belongs to "
        "its colour, and the next line shows that part again, enlarged to full width. Drawn to "
        "scale, around the first pixel that costs half a bit."
    )
    st.altair_chart(charts.intervals_chart(splits(loaded(model).model, image, label)))
st.markdown(TERMS)
st.header("What to try")
st.markdown(TRY)
st.markdown("The same in a notebook:")
path = os.path.relpath(common.models()[model].path, common.CHECKPOINTS.parent)
st.code(CODE.format(path=path, labels=", labels" if config["classes"] else ""), language="python")
quiz("bytes", QUESTIONS)
