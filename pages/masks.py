"""Masks & blind spots: what a masked convolution hides, and what a stack of them can never see."""

import numpy as np
import streamlit as st

from pages import common
from pages.masks_words import ARCHITECTURES, in_words, layers_in_words
from pixelcnn.growth import Totals, growth
from pixelcnn.layers import causal_mask
from widgets.kernel_tiles import kernel_tiles
from widgets.reach_grid import ReachSelection, ReachTable, reach_grid, reach_table

SIZE = 28
FIRST_KERNELS = [3, 5, 7, 9, 11]
KERNELS = [3, 5, 7]
START = ReachSelection(row=14, column=14, depth=7)
DEPTHS = SIZE  # the first layer alone, and up to 27 more
Pair = dict[str, str]  # the architecture on each side, left and right
# Neither is a colour of the grids, where each has its meaning.
CHART_COLORS = ["#8C949E", "#009E73"]

# A test runs these very lines and compares the mask with the library's.
CODE = """\
mask = torch.zeros({size}, {size})
mask[:{centre}] = 1     # the rows above
mask[{centre}, :{centre}] = 1  # its row, to the left
mask[{centre}, {centre}] = {itself}   # itself ({other})
y = F.conv2d(x, mask * weight, padding={centre})
"""


@st.cache_resource(show_spinner="Following every path ...", max_entries=256)
def grown(name: str, first: int, kernel: int, mask: str) -> tuple[ReachTable, tuple[Totals, ...]]:
    """What every pixel sees after each layer, and the counts, worked out once for everybody.

    Where nothing more can be seen after a few layers, the others are like the last of these.
    """
    found = growth(
        name,
        size=SIZE,
        first_kernel_size=first,
        kernel_size=kernel,
        first_mask="B" if mask == "B" else "A",
    )
    missing = DEPTHS - len(found.relations)
    relations = np.concatenate([found.relations, np.repeat(found.relations[-1:], missing, axis=0)])
    totals = found.totals + found.totals[-1:] * missing
    return reach_table(relations, limit=found.limit), totals


def controls() -> tuple[Pair, int, str, int]:
    """The architectures, the first kernel, its mask, and the kernel of the layers after it."""
    with st.container(horizontal=True):
        first = st.selectbox(
            "First layer, n × n",
            FIRST_KERNELS,
            index=FIRST_KERNELS.index(7),
            key="first",
            bind="query-params",
            width=160,
            help="The kernel of the first layer, in pixels: the window that it looks through.",
        )
        mask = st.segmented_control(
            "Its mask",
            ["A", "B"],
            default="A",
            required=True,
            key="mask",
            bind="query-params",
            help="A hides the pixel itself, B shows it. The first layer needs A.",
        )
        kernel = st.selectbox(
            "Layers after it, n × n",
            KERNELS,
            key="kernel",
            bind="query-params",
            width=180,
            help="Their mask is always B: what they read about a pixel has left it out already.",
        )
    names = list(ARCHITECTURES)
    places = st.columns(2, gap="large")
    with places[0]:
        left = architecture("Compare", names, "pixelcnn", "left")
    with places[1]:
        others = [name for name in names if name != left]
        right = architecture("with", others, "gated_pixelcnn", "right")
    return {"left": left, "right": right}, first, mask, kernel


def architecture(label: str, names: list[str], usual: str, key: str) -> str:
    """One of these architectures."""
    return st.selectbox(
        label,
        names,
        index=names.index(usual) if usual in names else 0,
        format_func=lambda name: ARCHITECTURES[name].paper,
        key=key,
        bind="query-params",
        width=260,
    )


def one_layer(first: int, mask: str, kernel: int) -> None:
    """The kernels as tiles, and the lines that build the first one's mask."""
    st.header("How does a layer look only back?")
    tiles, code = st.columns([5, 6], gap="large")
    with tiles:
        st.markdown(
            "A layer slides a small **kernel** of weights over the picture. The mask keeps those "
            "above the pixel and to its left, and sets the others to 0."
        )
        left, right = st.columns(2)
        with left:
            kernel_tiles(
                causal_mask(1, 1, (first, first), "B" if mask == "B" else "A")[0, 0],
                title=f"First: mask {mask}",
                toggles=False,
                max_width=210,
                key="first-tiles",
            )
        with right:
            kernel_tiles(
                causal_mask(1, 1, (kernel, kernel), "B")[0, 0],
                title="After it: mask B",
                toggles=False,
                max_width=210,
                key="later-tiles",
            )
    with code:
        st.markdown("So each pixel gets its probability from the earlier ones alone:")
        st.latex(r"p(x) \;=\; \prod_{i} \; p(x_i \mid x_1, \ldots, x_{i-1})")
        st.markdown("The first layer in PyTorch:")
        itself, other = (1, "A: 0") if mask == "B" else (0, "B: 1")
        lines = CODE.format(size=first, centre=first // 2, itself=itself, other=other)
        st.code(lines, language="python")


# ---------------------------------------------------------------- the grids


def asked_for() -> ReachSelection:
    """What the address asks for; what it does not name stays as it was, or as it is at first."""
    before = st.session_state.get("reach-shown", START)
    return ReachSelection(
        number_in_address("row", SIZE, before.row),
        number_in_address("column", SIZE, before.column),
        number_in_address("depth", DEPTHS, before.depth),
    )


def number_in_address(name: str, limit: int, otherwise: int) -> int:
    """The query parameter, if it is a number below the limit."""
    given = st.query_params.get(name, "")
    return int(given) if given.isdecimal() and int(given) < limit else otherwise


def put_into_address(shown: ReachSelection) -> None:
    """Write the target and the depth, where they are not those of the first visit."""
    for name in ("row", "column", "depth"):
        value, usual = getattr(shown, name), getattr(START, name)
        if value == usual:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)


def newest(selections: dict[str, ReachSelection]) -> ReachSelection:
    """Of the two linked grids, what the one that was used last shows: only that one reports."""
    before = st.session_state.get("reach-selections", {})
    shown = st.session_state.get("reach-shown", START)
    for name, selection in selections.items():
        if selection != before.get(name, selection):
            shown = selection
    st.session_state["reach-selections"] = selections
    st.session_state["reach-shown"] = shown
    return shown


@st.fragment
def grids(pair: Pair, first: int, mask: str, kernel: int) -> None:
    """Both architectures side by side: only this runs again when a target is chosen."""
    if "left-grid" not in st.session_state:  # the grids come on screen
        st.session_state["reach-start"] = st.session_state["reach-shown"] = asked_for()
        st.session_state.pop("reach-selections", None)
    start: ReachSelection = st.session_state["reach-start"]
    selections, totals, below = {}, {}, {}
    for (side, name), column in zip(pair.items(), st.columns(2, gap="large"), strict=True):
        table, totals[side] = grown(name, first, kernel, mask)
        with column:
            selections[side] = reach_grid(
                table,
                title=ARCHITECTURES[name].title,
                depth_names=[layers_in_words(depth) for depth in range(DEPTHS)],
                depth=start.depth,
                selected=(start.row, start.column),
                link="target",
                max_width=480,
                key=f"{side}-grid",
            )
            below[side] = st.container()
    shown = newest(selections)
    put_into_address(shown)
    for side, place in below.items():
        place.markdown(in_words(totals[side][shown.depth], shown.depth, SIZE * SIZE))
        place.caption(ARCHITECTURES[pair[side]].what)


# ---------------------------------------------------------------- below


def blind_spot(pair: Pair, first: int, mask: str, kernel: int) -> None:
    """Why the one is blind there and the other is not, with the kernels that they are made of."""
    blind = any(grown(name, first, kernel, mask)[1][-1].never for name in pair.values())
    st.header("Why is there a blind spot?" if blind else "Why is there no blind spot?")
    steps = kernel // 2
    reach = "one column" if steps == 1 else f"{steps} columns"
    chosen = [ARCHITECTURES[name] for name in pair.values()]
    tiles = [tile for one in chosen for tile in one.kernels(kernel).items()]
    words, *places = st.columns([5, *[2] * len(tiles)], gap="medium")
    with words:
        paragraphs = [f"**{one.kind}**: {one.why.format(reach=reach)}" for one in chosen]
        st.markdown(
            "Each layer hands on what its kernel reads, so a pixel is seen if a **path** of such "
            "steps leads from it to the orange one.\n\n" + "\n\n".join(paragraphs)
        )
    for index, (place, (title, kept)) in enumerate(zip(places, tiles, strict=True)):
        with place:
            kernel_tiles(kept, title=title, toggles=False, max_width=150, key=f"why-{index}")


def depth_chart(pair: Pair, first: int, mask: str, kernel: int) -> None:
    """The share of the pairs that is seen, over the depth."""
    st.header("Do more layers help?")
    words, chart = st.columns([2, 3], gap="large")
    totals = {
        ARCHITECTURES[name].kind: grown(name, first, kernel, mask)[1] for name in pair.values()
    }
    with chart:
        st.line_chart(
            {kind: [100 * one.seen_share for one in each] for kind, each in totals.items()},
            x_label="layers after the first",
            y_label="% of all legal pairs seen",
            color=CHART_COLORS,
            height=280,
        )
    ends = "\n".join(
        f"- **{kind}** ends at **{each[-1].seen_share:.1%}**." for kind, each in totals.items()
    )
    with words:
        st.markdown(
            "Up to a point. Every layer widens the view, and a deep enough network reaches "
            "whatever a path leads to. At any depth, with these kernels:\n\n"
            f"{ends}\n\nThe number of feature maps plays no part."
        )


common.lesson(
    "What may a pixel see?",
    "Only what was drawn before it: the rows above, and its own row to the left. A **mask** sets "
    "all other weights of a layer to zero. **Point at a pixel**, and press Space to add layers.",
)
pair, first, mask, kernel = controls()
grids(pair, first, mask, kernel)
one_layer(first, mask, kernel)
blind_spot(pair, first, mask, kernel)
depth_chart(pair, first, mask, kernel)

st.header("Why must the first mask be A?")
st.markdown(
    "Set *Its mask* to **B** above. One more weight, the centre of the first kernel, and every "
    f"pixel sees itself: {SIZE * SIZE} leaks. Training would look splendid, since the network only "
    "has to **copy its input**. Then it draws, and the pixel to copy is not there yet: it copies "
    "the empty canvas (see *Break it*). In the layers after the first one the centre holds only "
    "what was seen *before* the pixel, so there B is right, and A would throw it away."
)

st.header("What to try")
st.markdown(
    "- **Play the depth** (Space, R to start again). Which pixels turn from light to dark blue, "
    "and which never do?\n"
    "- **Walk to the right edge** of a row with the arrow keys. Where is the blind spot largest?\n"
    "- **5 × 5 kernels** after the first layer: what happens to the slope of the blind spot?\n"
    "- **Count**: how many layers does the one stack need until the centre sees all that it ever "
    "will?"
)
st.markdown("The same counts on the command line; other networks can be counted too:")
block = "block=bottleneck " if pair["left"] == "pixelcnn" else ""
st.code(
    f"python -m pixelcnn audit --model {pair['left']} --set {block}blocks={START.depth} "
    f"first_kernel_size={first} kernel_size={kernel}",
    language="bash",
    wrap_lines=True,
)
