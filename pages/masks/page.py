"""Masks & blind spots: what a masked convolution hides, and what a stack never sees."""

import time
from typing import Any

import altair as alt
import streamlit as st

from pages.masks.colours import colours
from pages.masks.controls import controls
from pages.masks.grids import grids
from pages.masks.layer import one_layer, result_of
from pages.masks.orders import orders
from pages.masks.path import blind_spot, path
from pages.masks.questions import QUESTIONS
from pages.masks.state import Setup, view
from pages.masks.trained import trained
from pages.shared import common
from pages.shared.architectures import ARCHITECTURES
from pages.shared.quiz import quiz
from pixelcnn.causality.depth_growth import Totals
from pixelcnn.causality.mask_stack import MaskStack

# Neither is used in the grids, where each colour has a meaning.
CHART_COLORS = ["#8C949E", "#009E73"]
# Seconds for the browser to draw the top of the page before it gets the rest: drawing both at once
# takes half as long again.
FIRST_THINGS_FIRST = 0.15


def rest_waits() -> None:
    """Let the browser draw the top of the page first, when a control has changed it."""
    if st.session_state.get("masks-open"):
        time.sleep(FIRST_THINGS_FIRST)
    st.session_state["masks-open"] = True


def depth_chart(setup: Setup, masks: MaskStack) -> None:
    """The share of legal pairs seen, by depth."""
    st.header("Do more layers help?")
    words, chart = st.columns([2, 3], gap="large")
    totals = {
        ARCHITECTURES[name].kind: view(setup, name, masks).totals for name in setup.pair.values()
    }
    with chart:
        st.vega_lite_chart(_lines(totals))
    ends = "\n".join(
        f"- **{kind}** ends at **{1 - each[-1].never / each[-1].legal:.1%}**."
        for kind, each in totals.items()
    )
    with words:
        st.markdown(
            "Up to a point. Every layer widens the receptive field, and a deep enough network "
            "reaches every pixel from which a path leads. The limit with these kernels:\n\n"
            f"{ends}\n\n"
            "The number of feature maps makes no difference."
        )


@st.cache_data(show_spinner=False, max_entries=128)  # some 30 ms each, mostly altair's validation
def _lines(lines: dict[str, tuple[Totals, ...]]) -> dict[str, Any]:
    """A line for each architecture, as a Vega-Lite specification."""
    rows = [
        {"layers": layers, "seen": 100 * totals.seen_share, "kind": kind}
        for kind, by_depth in lines.items()
        for layers, totals in enumerate(by_depth)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        # Screen readers get the description; without this they would also read every mark.
        .mark_line(strokeWidth=2.5, aria=False)
        .encode(
            x=alt.X("layers:Q", title="layers after the first"),
            y=alt.Y("seen:Q", title="% of legal pairs seen"),
            color=alt.Color(
                "kind:N",
                title=None,
                sort=list(lines),
                scale=alt.Scale(range=CHART_COLORS),
                legend=alt.Legend(orient="bottom"),
            ),
            # The dashes keep both lines visible where they coincide.
            strokeDash=alt.StrokeDash(
                "kind:N", title=None, sort=list(lines), scale=alt.Scale(range=[[1, 0], [8, 6]])
            ),
            tooltip=["kind:N", "layers:Q", alt.Tooltip("seen:Q", format=".1f")],
        )
        .properties(height=320, description="The share of all legal pairs seen, by depth.")
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec


def first_mask(setup: Setup) -> None:
    st.header("Why must the first mask be A?")
    st.markdown(
        "Set *Its mask* to **B** above, or click the centre of the first kernel. With this one "
        f"extra weight every pixel sees itself: {setup.size**2} leaks. The training loss would "
        "look excellent, since the network only has to **copy its input**. When it draws, the "
        "pixel to copy is not there yet, so it copies the empty canvas (see *Break it*). In later "
        "layers the centre contains only what was seen *before* the pixel, so B is right there: A "
        "would throw away what the previous layer has just computed."
    )


def what_to_try(setup: Setup) -> None:
    """Tasks, and the command that prints the same counts."""
    st.header("What to try")
    st.markdown(
        "- **Play the depth** (Space plays, R restarts). Which pixels turn from light to dark "
        "blue, and which never do?\n"
        "- **Walk to the right edge** of a row with the arrow keys. Where is the blind spot "
        "largest?\n"
        "- **Open one future weight** of the later layers and add layers: how far does the leak "
        "spread?\n"
        "- **Close the tile above and to the right** of the centre. Which pixels become blind?\n"
        "- **Dilation 2**: how many layers do you need now, and which pixels are skipped?\n"
        "- **5 × 5 kernels** after the first layer: what happens to the slope of the blind spot?"
    )
    st.markdown("The same counts on the command line, also for other networks:")
    chosen = ARCHITECTURES[setup.left]
    options = {"block": "bottleneck"} if setup.left == "pixelcnn" else dict(chosen.options)
    options |= {"blocks": setup.middle.depth, "first_kernel_size": setup.first}
    options["kernel_size"] = setup.kernel
    if setup.left == "pixelcnn" and setup.dilation > 1:
        options["dilations"] = f"[{setup.dilation}]"
    if setup.size != 28:
        options |= {"height": setup.size, "width": setup.size}
    written = " ".join(f"{name}={value}" for name, value in options.items())
    st.code(
        f"python -m pixelcnn audit --model {chosen.model} --set {written}",
        language="bash",
        wrap_lines=True,
    )


common.lesson(
    "What may a pixel see?",
    "Only what is drawn before it: the rows above, and its own row to the left. A **mask** sets "
    "all other weights of a layer to zero. **Point at a pixel** and press Space to add layers.",
)
setup = controls()
top = st.container()
masks, beside_the_tiles = one_layer(setup)
with top:
    shown = grids(setup, masks)
result_of(beside_the_tiles, setup, masks, shown)
rest_waits()
blind_spot(setup, masks)
path(setup, masks)
depth_chart(setup, masks)
first_mask(setup)
colours()
orders(setup)
trained(setup)
what_to_try(setup)
quiz("masks", QUESTIONS)
