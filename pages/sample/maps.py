"""Entropy and surprise of a sample: two maps on the page Sample."""

from __future__ import annotations

import streamlit as st

from pixelcnn.film.film import Film
from pixelcnn.system.plain_text import plain
from widgets.pixel_grid.widget import pixel_grid

_WIDTH = 380


def section(film: Film, chosen: int, name: str) -> None:
    """The maps of one picture, their sums, and how to read them."""
    st.header("Where does the model hesitate?")
    st.markdown(
        f"{plain(name)} costs **{film.bits[chosen]:.1f} bits**, the sum of the surprise of all its "
        f"pixels: {film.bits_per_pixel[chosen]:.3f} bits per pixel."
        + (" Click another picture above to see its maps." if len(film.images) > 1 else "")
    )
    two_levels = film.levels == 2 and film.images.shape[1] == 1
    st.markdown(
        "**Entropy** is computed before the pixel is drawn: how open the choice is. "
        + ("0 bits: no doubt. 1 bit: a coin toss. " if two_levels else "0 bits: no doubt. ")
        + "**Surprise** is computed afterwards: −log₂ *p* of the level. A rare one costs many bits."
    )
    doubt, surprise = st.columns(2, gap="large")
    entropy, surprises = film.entropy_map[chosen], film.surprise_map[chosen]
    with doubt:
        pixel_grid(
            entropy,
            title=f"Entropy of {_lower(name)}",
            unit="bits",
            digits=2,
            limits=(0.0, 1.0) if two_levels else None,
            link="hesitates",
            report=False,
            max_width=_WIDTH,
            key="entropy",
        )
        st.markdown(f"Expected total: {entropy.sum():.1f} bits.")
    with surprise:
        pixel_grid(
            surprises,
            title=f"Surprise of {_lower(name)}",
            unit="bits",
            digits=2,
            limits=(0.0, max(1.0, float(surprises.max()))),
            link="hesitates",
            report=False,
            max_width=_WIDTH,
            key="surprise",
        )
        st.markdown(f"Actual total: **{surprises.sum():.1f} bits**.")
    if two_levels:
        st.markdown(
            "Entropy is high along the edges of the stroke and where a new stroke may begin; "
            "inside the ink and far out on the paper it is close to 0. **Show entropy** and **Show "
            "surprise**, beside the speed of the film, show these maps for all samples at once."
        )


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
