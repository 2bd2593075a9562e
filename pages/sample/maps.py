"""Where a sample was in doubt and where it surprised: two maps on the page Sample."""

from __future__ import annotations

import streamlit as st

from pixelcnn.film.film import Film
from widgets.pixel_grid.widget import pixel_grid

_WIDTH = 380


def section(film: Film, chosen: int, name: str) -> None:
    """The maps of one picture, the two numbers they add up to, and what they say."""
    st.header("Where does the model hesitate?")
    st.markdown(
        f"{name} has **{film.bits[chosen]:.1f} bits**, the surprise of all its "
        f"pixels added up: {film.bits_per_pixel[chosen]:.3f} bits a pixel."
        + (" Click another one above to see its maps." if len(film.images) > 1 else "")
    )
    two_levels = film.levels == 2 and film.images.shape[1] == 1
    st.markdown(
        "**Entropy** is measured before the random number falls: how open the choice is. "
        + ("0 bits: no doubt. 1 bit: a coin toss. " if two_levels else "0 bits: no doubt. ")
        + "**Surprise** is measured afterwards: −log₂ *p* of what was drawn, so that a rare choice "
        "weighs many bits."
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
        st.markdown(f"All together: {entropy.sum():.1f} bits were to be expected.")
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
        st.markdown(f"All together: **{surprises.sum():.1f} bits**, as stated above.")
    if two_levels:
        st.markdown(
            "Doubt sits along the edges of the stroke and where a new one may begin; inside the "
            "ink and far out on the paper there is next to none. **Show entropy** or **Show "
            "surprise**, beside the speed of the film, does the same for all samples at once."
        )


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
