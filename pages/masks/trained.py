"""Masks & blind spots: which pixels in their receptive fields trained models really use."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.masks.state import Setup, target
from pages.shared import common
from pages.shared.controls import one_of
from pages.shared.loaded import loaded
from pages.shared.turns import slow_job
from pixelcnn.introspect.saliency import saliency
from widgets.base.colors import role_index
from widgets.pixel_grid.widget import pixel_grid

MODELS = {
    "mnist-threshold-pixelcnn": "Trained PixelCNN",
    "mnist-threshold-gated": "Trained Gated PixelCNN",
}
DIGITS = 16
EXACT, WEIGHTED = "exact", "weighted"


@st.cache_data(show_spinner=False, max_entries=512)
@slow_job
def weights(name: str, row: int, column: int) -> NDArray[np.float32]:
    """The mean gradient magnitude over some test digits, for one target: `(H, W)`."""
    model = loaded(name).model
    split = common.unseen(2, 28)
    labels = split.labels[:DIGITS] if model.config.classes else None
    with common.ProgressBar("Computing gradients ...") as progress:
        return saliency(model, split.images[:DIGITS], (row, column), labels, progress=progress)


def exact(name: str, row: int, column: int) -> NDArray[np.uint8]:
    """The role of each pixel for one target: `(H, W)` of `role_index`."""
    report = loaded(name).audit
    seen = report.relation[0, row, column, 0]
    legal = report.legal_map[0, row, column, 0]
    ever = report.limit[0, row, column, 0]
    roles = np.full(seen.shape, role_index("future"), np.uint8)
    roles[legal] = role_index("never")
    roles[legal & ever] = role_index("legal_not_yet")
    roles[seen & legal] = role_index("seen")
    roles[row, column] = role_index("target")
    return roles


@st.fragment
def trained(setup: Setup) -> None:
    """The exact receptive fields of two trained models, or their gradient magnitudes."""
    st.header("Does a trained network use what it may see?")
    known = {name: title for name, title in MODELS.items() if name in common.shipped_models()}
    if setup.size != 28 or not known:
        st.markdown("The trained models read pictures of 28 × 28 pixels: choose that size above.")
        return
    kind = one_of(
        "Receptive field",
        [EXACT, WEIGHTED],
        key="reach",
    )
    row, column = target()
    st.markdown(
        f"For the pixel in row {row}, column {column}, chosen above. *Exact* counts connections, "
        "whatever the weights. *Weighted* shows how strongly a trained model's prediction reacts "
        "to a small change of each pixel: the magnitude of the gradient of its *logit* (the number "
        f"that becomes the probability), averaged over {DIGITS} test digits. Lighter is stronger."
    )
    for (name, title), place in zip(known.items(), st.columns(2, gap="large"), strict=False):
        with place, common.explained():
            if kind == EXACT:
                pixel_grid(
                    exact(name, row, column),
                    kind="roles",
                    title=title,
                    report=False,
                    max_width=380,
                    key=f"exact-{name}",
                )
            else:
                values = weights(name, row, column)
                pixel_grid(
                    values,
                    title=title,
                    limits=(0, max(float(values.max()), 1e-6)),
                    selected=(row, column),
                    report=False,
                    max_width=380,
                    key=f"weighted-{name}",
                )
                st.markdown(_concentration(values))


def _concentration(values: NDArray[np.float32]) -> str:
    """How many pixels carry half of the gradient."""
    shares = np.sort(values.ravel())[::-1].cumsum() / max(float(values.sum()), 1e-9)
    half, seen = int(np.searchsorted(shares, 0.5)) + 1, int((values > 0).sum())
    return f"Half of the gradient lies on **{half}** of the pixels with a gradient ({seen})."
