"""The style sheets of the frame: projector mode, and hidden options."""

from __future__ import annotations

from collections.abc import Iterable

_OPTIONS = (
    "stSelectbox",
    "stMultiSelect",
    "stSlider",
    "stNumberInput",
    "stTextInput",
    "stTextArea",
    "stRadio",
    "stCheckbox",
    "stButtonGroup",
    "stFileUploader",
)
_CONTENT = (
    "stMarkdown",
    "stHeading",
    "stBidiComponentRegular",
    "stBidiComponentIsolated",
    "stVegaLiteChart",
    "stPlotlyChart",
    "stImage",
    "stImageContainer",
    "stButton",
    "stDownloadButton",
    "stAlert",
    "stCode",
    "stTable",
    "stDataFrame",
    "stMetric",
    "stPageLink",
    "stProgress",
)


def hidden_options(kept: Iterable[str] | None) -> str:
    """CSS rules that hide every option of a page but those with the keys `kept`; empty for None.

    An option is any control to choose from or to type into. Players, painters, pictures and the
    quiz stay.
    """
    if kept is None:
        return ""
    stay = ", ".join(f".st-key-{key}" for key in kept)
    unless = f":not({stay})" if stay else ""
    unless_inside = f":not(:has({stay}))" if stay else ""
    options = _either(_OPTIONS)
    main = '[data-testid="stMain"]'
    places = f':is({main}, [data-testid="stSidebarUserContent"])'
    untouched = ':not([class*="st-key-quiz"], [class*="st-key-quiz"] *, .st-key-projector)'
    hidden = (
        f"{places} .stElementContainer:has({options}){untouched}{unless}",
        f"{main} .stExpander:has({options}){unless_inside}",
        f"{main} .stPopover{unless_inside}",
        f"{main} .stColumn:has({options}):not(:has({_either(_CONTENT)})){unless_inside}",
    )
    return f"{', '.join(hidden)} {{ display: none; }}"


def _either(names: Iterable[str]) -> str:
    return ":is(" + ", ".join(f'[data-testid="{name}"]' for name in names) + ")"


# The root's font size is the unit of every length in the app and in the widgets; it follows the
# width of the screen. Pale text gets full contrast, and thin lines become thick.
PROJECTOR = """
[data-testid="stLayoutWrapper"]:has(> .st-key-frame) { order: 1; margin-top: 1rem; }
@media (min-width: 900px) {
  :root[data-projector] { font-size: clamp(20px, 1.65vw, 34px) !important; }
  :root[data-projector] .stMainBlockContainer { padding: 2.7rem 2rem 3rem; }
}
:root[data-projector] [data-testid="stMain"] :is(p, li, td, th, label, h1, h2, h3),
:root[data-projector] [data-testid="stSidebar"] :is(p, span) {
  color: light-dark(black, white); opacity: 1;
}
:root[data-projector] [data-testid="stMain"] button[kind="primary"] p { color: inherit; }
:root[data-projector] [data-testid="stCaptionContainer"] { opacity: 1; }
:root[data-projector] [data-testid="stMain"] :is(button, input, [data-baseweb="select"] > div) {
  border-width: 2px; border-color: light-dark(#444444, #bbbbbb);
}
:root[data-projector] [data-testid="stVegaLiteChart"] {
  svg text { font-size: 16px !important; }
  .role-axis text { fill: light-dark(black, white) !important; }
  .mark-line path { stroke-width: 4px !important; }
  .mark-rule line { stroke-width: 3px !important; }
}
"""
