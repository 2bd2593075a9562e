"""The contact sheet of one's own pictures: what the network gets, the odd ones first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import turns
from pages.shared.refusals import refusing
from pixelcnn.system.plain_text import plain

if TYPE_CHECKING:
    from PIL import Image

    from pixelcnn.pictures.sets import PictureSet
    from pixelcnn.recipes.config import RunConfig

_NAME = re.compile(r"[0-9a-f]{16}")
_ODD_SHOWN = 6
_NAMED = 8
_TILES_SHOWN = 400
_TILE_SIDE = 56  # of the one picture beside its buttons, at least


def root_in_address() -> Path | None:
    """Where the pictures lie that the address names."""
    from pixelcnn.data.names import OWN_FILE

    name = st.query_params.get("own", "")
    root = _folder() / name
    return root if _NAME.fullmatch(name) and (root / OWN_FILE).is_file() else None


def keep(images: PictureSet, shift: int) -> None:
    """Keep the pictures on the server; the address says which they are."""
    from pixelcnn.data.own import keep_own, pack_own

    st.query_params["own"] = keep_own(_folder(), pack_own(images, shift))


def _folder() -> Path:
    from pixelcnn.runs.store import runs_root

    return runs_root() / ".own"


@st.cache_resource(show_spinner=False, max_entries=8)
def pictures(root: str) -> tuple[PictureSet, int]:
    """All pictures of a set, and by how much they are shifted."""
    from pixelcnn.data.own import read_packed

    with turns.reading_turn():
        return read_packed(Path(root))


@st.cache_resource(show_spinner=False, max_entries=8)
def _as_network_gets_them(root: str, size: int, levels: int) -> NDArray[np.uint8]:
    """The pictures that take part: uint8 `(N, 1, size, size)` levels."""
    from pixelcnn.runs.own_pictures import as_network_gets_them

    images, _ = pictures(root)
    with turns.reading_turn():
        return as_network_gets_them(images, size, levels).numpy()


def contact_sheet(config: RunConfig) -> None:
    """What the network gets, at its size and levels; buttons for what was read wrongly."""
    root = config.data_options["root"]
    size = config.data_options.get("size") or 28
    levels = config.data_options.get("levels", 2)
    by_chance = levels == 2 and config.data_options.get("binarize", "threshold") != "threshold"
    levels = 256 if by_chance else levels
    images, shift = pictures(root)
    tiles = _as_network_gets_them(root, size, levels)
    _say_what_there_is(images, by_chance)
    _odd_ones(root, images, tiles, levels)
    with st.container(key="own-sheet"):
        _sheet(images, tiles, levels)
    _left_out(images)
    _choose_shift(root, shift)


def _say_what_there_is(images: PictureSet, by_chance: bool) -> None:
    count = int(images.kept.sum())
    names = images.class_names
    told = f" in {len(names)} classes: {', '.join(names[:_NAMED])}" if names else ""
    told += ", ..." if len(names) > _NAMED else ""
    drawn = " Grey becomes ink by chance." if by_chance else ""
    st.caption(
        plain(
            f"{count:,} pictures{told}. Below is what the network gets, pixel for pixel.{drawn} "
            "A fifth of each class is held out: the network never learns from it."
        )
    )


def _sheet(images: PictureSet, tiles: NDArray[np.uint8], levels: int) -> None:
    from pixelcnn.runs.own_pictures import odd_first

    order, _ = odd_first(images)
    places = _places(images)
    shown = tiles[[places[at] for at in order[:_TILES_SHOWN]]]
    # As PNG: the other choice would be JPEG, and its pixels would not be the network's.
    st.image(
        _drawn(shown, levels, scale=2),
        output_format="PNG",
        width="stretch",
        alt=f"{len(shown)} pictures as the network gets them",
    )
    if len(order) > _TILES_SHOWN:
        st.caption(f"The first {_TILES_SHOWN} of {len(order):,}.")


def _odd_ones(root: str, images: PictureSet, tiles: NDArray[np.uint8], levels: int) -> None:
    from pixelcnn.pictures.contact_sheet import oddities

    odd = oddities(images)
    if odd:
        st.markdown(f"**Look at {'this one' if len(odd) == 1 else f'these {len(odd)}'} first:**")
    for one in odd[:_ODD_SHOWN]:
        _one(root, images, tiles, levels, one.index, one.reason)
    if len(odd) > _ODD_SHOWN:
        st.caption(f"And {len(odd) - _ODD_SHOWN} more, first on the sheet below.")
    with st.expander("Change another picture"):
        at = st.selectbox(
            "Picture",
            range(len(images.names)),
            format_func=images.names.__getitem__,
            key=f"own-chosen-{Path(root).name}",
        )
        _one(root, images, tiles, levels, int(at or 0), "", key="chosen")


def _one(
    root: str,
    images: PictureSet,
    tiles: NDArray[np.uint8],
    levels: int,
    index: int,
    reason: str,
    key: str = "odd",
) -> None:
    """A picture, what is odd about it, and what can be done."""
    kept = bool(images.kept[index])
    with st.container(horizontal=True, vertical_alignment="center"):
        if kept:
            tile = tiles[[_places(images)[index]]]
            scale = -(-_TILE_SIDE // tile.shape[-1])
            st.image(
                _drawn(tile, levels, scale),
                output_format="PNG",
                width=_TILE_SIDE + 8,
                alt=f"{images.names[index]} as the network gets it",
            )
        label = images.class_names[images.labels[index]] if images.class_names else ""
        words = [images.names[index], label and f"class {label}", reason]
        words += [] if kept else ["left out"]
        st.markdown(plain(", ".join(word for word in words if word)), width="content")
        for title, change in (
            ("Leave out" if kept else "Put back", {"kept": not kept}),
            ("Invert", {"invert": True}),
            ("As it is", {"as_it_is": True}),
        ):
            st.button(
                title,
                key=f"own-{key}-{title}-{index}",
                on_click=_change,
                args=(root, index),
                kwargs=change,
            )


def _change(root: str, index: int, **change: bool) -> None:
    from pixelcnn.data.own import read_packed
    from pixelcnn.pictures.sets import changed, check

    with refusing("own"):
        images, shift = read_packed(Path(root))
        images = changed(images, index, **change)
        check(images)
        keep(images, shift)


def _places(images: PictureSet) -> dict[int, int]:
    """For each picture that takes part its place among those."""
    return {at: place for place, at in enumerate(np.flatnonzero(images.kept).tolist())}


def _drawn(tiles: NDArray[np.uint8], levels: int, scale: int) -> Image.Image:
    import torch

    from pixelcnn.data.images import sheet

    columns = min(20, len(tiles))
    return sheet(torch.from_numpy(tiles), levels, columns=columns, scale=scale)


def _left_out(images: PictureSet) -> None:
    from pixelcnn.pictures.contact_sheet import all_left_out

    gone = all_left_out(images)
    if gone:
        with st.expander(f"Left out: {len(gone)}"):
            for one in gone[:_TILES_SHOWN]:
                st.caption(plain(f"{one.name}: {one.reason}."))


def _choose_shift(root: str, shift: int) -> None:
    from pixelcnn.data.own import MAX_SHIFT

    key = f"shift-{Path(root).name}"
    st.session_state.setdefault(key, shift)
    st.slider(
        "Learn from them also when shifted by up to ... pixels",
        0,
        MAX_SHIFT,
        key=key,
        on_change=_shift,
        args=(root, key),
        help="More examples from the same pictures (augmentation). Those held out are not shifted.",
    )


def _shift(root: str, key: str) -> None:
    from pixelcnn.data.own import read_packed

    with refusing("own"):
        keep(read_packed(Path(root))[0], st.session_state[key])
