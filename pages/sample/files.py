"""Downloads of the page Sample: a picture, an animation, the arrays; and the command."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pixelcnn.film.animation import to_animation
from pixelcnn.film.film import Film


def section(film: Film, known: Any, name: str) -> None:
    """Downloads of the current film, made when a button is pressed."""
    st.header("Download the samples")
    with st.container(horizontal=True):
        st.download_button(
            "Picture (.png)", film.to_png, f"{name}.png", mime="image/png", on_click="ignore"
        )
        st.download_button(
            "Film (.webp)",
            lambda: to_animation(film, "webp", known),
            f"{name}.webp",
            mime="image/webp",
            on_click="ignore",
        )
        st.download_button(
            "Film (.gif)",
            lambda: to_animation(film, "gif", known),
            f"{name}.gif",
            mime="image/gif",
            on_click="ignore",
        )
        st.download_button("Arrays (.npz)", film.to_npz, f"{name}.npz", on_click="ignore")


def command(film: Film) -> None:
    st.markdown("The same digits on the command line:")
    st.code(film.command, language="bash", wrap_lines=True)
