"""Train live: choose, press Play, and watch noise become handwriting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared import common, frame, owner as train_owner
from pages.shared.launcher import launcher, let_next_begin
from pages.shared.quiz import quiz
from pages.shared.refusals import refusing, tell_refusal
from pages.train import (
    after as train_after,
    controls as train_controls,
    live as train_live,
    own as train_own,
    pace as train_pace,
    pair as train_pair,
    picture as train_picture,
    setup as train_setup,
    slow as train_slow,
)
from pages.train.questions import QUESTIONS

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.view import RunView

_LAYOUT, _LAYOUT_OF_TWO = [1, 2.2], [1, 3]


def watched_run(parameter: str = "run", place: str = "view") -> RunView | None:
    """The run that the address names, or that was watched before another page was opened.

    An address that names something to choose, as the links of the quiz do, asks for no run.
    """
    from pixelcnn.errors import LabError
    from pixelcnn.runs.store import find_run
    from pixelcnn.runs.view import RunView

    name = st.query_params.get(parameter)
    if frame.own_state() and not name:
        st.session_state.pop(place, None)
    view: RunView | None = st.session_state.get(place)
    name = name or (view.run.id if view else None)
    if not name:
        return None
    st.query_params[parameter] = name
    try:
        if view is None or view.run.id != name:
            view = st.session_state[place] = RunView(find_run(None, name))
        else:
            view.refresh()
    except LabError as error:
        train_controls.leave()
        st.warning(f"{error} Choose what to train instead.")
        return None
    return view


def watched_runs() -> list[RunView]:
    """The run to watch and the one beside it, as far as there are any."""
    # Before the address gets the first one's name: a name alone in it asks for one run.
    other = watched_run("beside", "view-beside") if _names_two() else None
    first = watched_run()
    return [view for view in (first, other) if view is not None]


def _names_two() -> bool:
    if "beside" in st.query_params:
        return True
    return not frame.own_state() and "view-beside" in st.session_state


# ---------------------------------------------------------------- before


def set_up() -> RunConfig | None:
    """Choose what to train, beside a recording of it or beside one's own pictures."""
    left, right = st.columns(_LAYOUT, gap="medium")
    with left:
        source = train_own.choose_source()
    if source != "lab":
        with right, common.explained():
            own = train_own.gather(source)
        if own is None:
            return None
        config = train_setup.choose_options(own)
        with left:
            offer_start(config)
        return config
    with left:
        preset = train_setup.choose_preset()
    # First of all what moves: the rest has to load PyTorch, which takes seconds on a first visit.
    with right, common.explained():
        view = recording(preset.name)
        st.markdown(f"A recording: **{preset.title}**, trained earlier on two processor cores.")
        place = st.empty()
        known = train_setup.facts_at_hand(view.config)
        if known is None:  # the first visit of all: the curve gets its lines to compare with later
            with place:
                train_picture.first_picture(view)
        else:
            with place.container():
                train_picture.picture([(view, "")], known, key="picture")
    config = train_setup.choose_options(preset)
    with left:
        offer_start(config)
    if known is None:
        with place.container(), common.explained():
            known = train_setup.facts(view.config)
            train_picture.picture([(view, "")], known, key="picture")
    return config


def offer_start(config: RunConfig) -> None:
    """The Play button, and what can be said before it is pressed."""
    from pixelcnn.errors import LabError

    try:
        preview = train_setup.facts(config, fetch=False)
    except LabError as error:
        train_controls.drop_request()
        st.error(str(error))
        return
    if preview is None:
        train_controls.drop_request()
        st.button(
            "Read this data set", on_click=fetch, key="fetch", width="stretch", args=(config,)
        )
        st.caption("It is downloaded if there is no copy here yet; then you can train on it.")
    else:
        place = st.container()
        other = train_pair.choose_other(config)
        place.button(
            "Play" if other is None else "Play both",
            on_click=train_controls.ask_to_start,
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Space",
            width="stretch",
            key="play",
        )
        train_controls.start_if_asked([config] if other is None else [config, other])
        with place:
            train_setup.tell_facts(preview, config)
    tell_refusal()


def fetch(config: RunConfig) -> None:
    """Read a data set that may have to be downloaded first."""
    with refusing():
        train_setup.facts(config)


@st.cache_resource(show_spinner=False)
def recording(name: str) -> RunView:
    """A recorded run, shared by all sessions: nothing about it changes."""
    from pixelcnn.runs.recordings import recorded_run
    from pixelcnn.runs.view import RunView

    return RunView(recorded_run(name))


# ---------------------------------------------------------------- during


def watch(views: list[RunView]) -> None:
    """The runs that the address names; looks again and again while one is at work."""
    active = any(view.status.active for view in views)
    poll = _next_look(views) if active else None
    st.fragment(show_live, run_every=poll)(views, [view.status.state for view in views], poll)


def _next_look(views: list[RunView]) -> float:
    return train_pace.next_look(train_owner.is_mine(views[0].run))


def show_live(views: list[RunView], states: list[str], poll: float | None) -> None:
    """Controls and picture, as they are now; the rest of the page was made for `states`, and to
    look again every `poll` seconds."""
    from pixelcnn.errors import LabError
    from pixelcnn.recipes.pairs import names_of_pair

    if "view" not in st.session_state:  # "Train another" was pressed, and this part alone runs
        st.rerun()
    if "queued" in states:
        let_next_begin()
    for view in views:
        view.refresh()
    if [view.status.state for view in views] != states or poll not in (None, _next_look(views)):
        st.rerun()
    try:
        preview = train_setup.facts(views[0].config, fetch=False)
    except LabError:  # its status says what is wrong with it
        preview = None
    names = ("",) if len(views) == 1 else names_of_pair(views[0].config, views[1].config)
    named = list(zip(views, names, strict=True))
    left, right = st.columns(_LAYOUT if len(views) == 1 else _LAYOUT_OF_TWO, gap="medium")
    with left:
        st.subheader(train_live.title(views[0].config), anchor=False)
        train_controls.controls(views)
        tell_refusal()
        for view, name in named:
            train_live.outcome(view, preview, name)
    with right:
        for view, name in named:
            train_live.progress(view, name)
        train_picture.picture(named, preview, key="picture")


# ---------------------------------------------------------------- about it


def explain(config: RunConfig) -> None:
    """What to look at, beside the program that does the same."""
    from pixelcnn.data.names import OWN
    from pixelcnn.recipes.code import own_place, python_code
    from pixelcnn.recipes.command_line import command_line

    st.subheader("What to look at", anchor=False)
    st.markdown(_WHAT_TO_LOOK_AT)
    st.subheader("The same in code", anchor=False)
    python, shell = st.tabs(["Python", "Command line"])
    python.code(python_code(config), language="python")
    place = f" --data-root {own_place(config)}" if config.data == OWN else ""
    shell.code(command_line(config) + place, language="bash", wrap_lines=True)
    shell.caption("It shows up on this page too, if it is started in the same folder.")


_WHAT_TO_LOOK_AT = """
- **The eight digits** are drawn again and again from the same random numbers, so that only the
  network changes. It is told which digit to draw: the small number above. First it learns how much
  ink there is, then strokes, then shapes.
- **The curve** is its surprise at each pixel, in *bits*: 1 bit for a coin that falls either way,
  0 for what was certain. *Nats per image* count the same surprise for the whole digit, in units of
  1.44 bits, and *perplexity* says among how many equally likely values a pixel seems to be chosen.
  Lower is better, and halving it looks the same anywhere on the axis. Two of the dashed lines look
  at no other pixel: one guesses blindly, one knows how often each pixel is inked. The third is the
  best score that comes with the lab for such digits.
- **The slider** goes back to any moment: samples, the completed digit, feature maps and the mark
  on the curve move together. A click on the curve does the same.
- **Held-out digits** are never learnt from. If the grey curve falls and the green one does not,
  it learns by heart.
- **Try** two trainings side by side: one block against six, told the digit or not, learning rate
  0.008 against 0.1. Which option matters most? Under *More*: 16 levels of grey, and all others.
- **Try** *One step*, again and again, from the very beginning: what does the first step teach it?
- **Try** a sign of your own, drawn twenty times: how soon can the network draw it?
"""


# ---------------------------------------------------------------- the page

common.lesson(
    "How does it learn?",
    "The network guesses every pixel of a digit from the pixels before it, then is shown the "
    "truth. All its weights turn a little, so that the truth would have surprised it less: that is "
    "one **step**. A few hundred steps turn noise into handwriting.",
)
train_owner.remember_browser()
watched = watched_runs()
if watched:
    train_controls.drop_request()
    watch(watched)
    train_after.offer_film(watched)
    train_after.keep(watched[0])
    shown: RunConfig | None = watched[0].config
else:
    shown = set_up()
if shown is not None:
    train_slow.slow_section(shown, watched[0] if watched else None)
    explain(shown)
train_after.list_others(watched)
launcher().warm()
let_next_begin()
quiz("train", QUESTIONS)
