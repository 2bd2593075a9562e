"""Seeds short enough to dictate to a class: four digits."""

import streamlit as st

from pages.shared.controls import whole_number

EACH = "one of each"
HIGHEST_SEED = 9999


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """`count` consecutive seeds; 0 follows the highest."""
    return tuple((first + step) % (HIGHEST_SEED + 1) for step in range(count))


def choose_seed(label: str, explanation: str, *, key: str = "seed") -> int:
    return whole_number(label, 0, HIGHEST_SEED, key=key, width=140, help=explanation)


def next_seed(key: str = "seed") -> None:
    st.session_state[key] = (st.session_state[key] + 1) % (HIGHEST_SEED + 1)
