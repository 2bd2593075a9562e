"""The player in every form that the tests drive; `?show=` picks one."""

import numpy as np
import streamlit as st
from widget_data import grey_digits, levels_of, plain_reach, samples

from widgets.player.widget import player

st.set_page_config("player", layout="wide")
show = st.query_params.get("show", "binary")

if show == "binary":
    n = int(st.query_params.get("n", 16))
    drawn = samples(n)
    event = player(
        drawn.images,
        drawn.probabilities,
        drawn.entropy,
        levels=2,
        log_prob=drawn.log_prob,
        uniforms=drawn.uniforms,
        receptive_field=plain_reach()[-1],
        speed=int(st.query_params.get("speed", 300)),
        key="player",
    )
elif show == "completion":
    drawn = samples(9)
    known = np.zeros((1, 1, 28, 28), bool)
    known[..., :12, :] = True
    event = player(drawn.images, drawn.probabilities, levels=2, known_mask=known, key="player")
elif show == "levels":
    images = levels_of(grey_digits(4), 16)
    near = np.abs(np.arange(16)[None, :, None, None, None] - images[:, None].astype(float))
    shares = np.exp(-near / 1.5)
    shares = (255 * shares / shares.sum(1, keepdims=True)).astype(np.uint8)
    event = player(images, shares, levels=16, key="player")
elif show == "colour":
    grey = grey_digits(4)
    tint = np.array([1.0, 0.5, 0.2])[None, :, None, None]
    event = player(levels_of(grey * tint, 256), levels=256, key="player")
else:
    drawn = samples(1, seed=3)
    event = player(drawn.images, drawn.probabilities, levels=2, key="player", label="One digit")

st.text(f"event: {event}")
