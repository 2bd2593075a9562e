"""The class's pile: students draw on their own devices, and everybody sees it grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.shared.refusals import refusing
from pages.train import own_sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixelcnn.runs.pools import Pool

_LOOK_EVERY_S = 2.0
_SHOWN = 60
_SHIFT = 1


def pool_in_address() -> Pool | None:
    """The pile that the address names, if there is one."""
    code = st.query_params.get("pool", "")
    if not code:
        return None
    from pixelcnn.runs.pools import find_pool
    from pixelcnn.runs.store import runs_root

    pool = find_pool(runs_root(), code)
    if pool is None:
        st.warning("There is no pile of drawings of this name here. Ask for the link again.")
    return pool


def offer() -> None:
    """The way to a pile of the whole class."""
    st.button("Collect from the class", key="open-pool", icon=":material/group:", on_click=_open)
    st.caption("Everybody with the link to this page then adds to one pile.")


def _open() -> None:
    from pixelcnn.runs.pools import open_pool
    from pixelcnn.runs.store import runs_root

    st.query_params.pop("own", None)
    st.query_params["pool"] = open_pool(runs_root()).code


def add(pool: Pool, drawing: NDArray[np.uint8]) -> bool:
    """Put a drawing on the pile; whether that worked."""
    with refusing("own"):
        pool.add(drawing)
        return True
    return False


@st.fragment(run_every=_LOOK_EVERY_S)
def pile(pool: Pool, least: int) -> None:
    """The pile as it is now, and the way to train on it; looks again every two seconds.

    Args:
        pool: the pile.
        least: how many drawings a training needs.
    """
    count = len(pool)
    st.markdown(
        f"**{count} drawing{'s' * (count != 1)}** from the class. Use **Share** in the sidebar: "
        "everybody with the link adds to this pile."
    )
    images = pool.drawings() if count else None
    if images is None:
        return
    import torch

    from pixelcnn.data.images import sheet

    newest = torch.from_numpy(images.greys[-_SHOWN:]).flip(0)
    st.image(
        sheet(newest, 256, columns=min(15, len(newest)), scale=2),
        output_format="PNG",
        width="stretch",
        alt=f"The newest {len(newest)} drawings",
    )
    if count < least:
        st.caption(f"From {least} on you can train.")
    elif st.button(
        f"Take these {count} to train on",
        key="take-pool",
        type="primary",
        on_click=_take,
        args=(pool,),
    ):
        st.rerun()  # the whole page: a click in here alone runs only the pile again


def _take(pool: Pool) -> None:
    from pixelcnn.pictures.sets import check

    images = pool.drawings()
    with refusing("own"):
        if images is not None:
            check(images)
            own_sheet.keep(images, shift=_SHIFT)
