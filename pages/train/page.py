"""Train live: choose options, press Play, and watch noise become handwriting."""

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
    own_sheet,
    pace as train_pace,
    pair as train_pair,
    picture as train_picture,
    setup as train_setup,
    slow as train_slow,
)
from pages.train.questions import QUESTIONS
from pixelcnn.system.plain_text import plain

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig
    from pixelcnn.runs.view import RunView

_LAYOUT, _LAYOUT_OF_TWO = [1, 2.2], [1, 3]


def watched_run(parameter: str = "run", place: str = "view") -> RunView | None:
    """The run in the address, or the one watched before a visit to another page.

    An address with options, such as a link of the quiz, asks for the setup instead.
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
        st.warning(f"{plain(error)} Start a new training instead.")
        return None
    return view


def watched_runs() -> list[RunView]:
    """The run to watch and the one beside it, if there are any."""
    # First, because `watched_run` writes the first run's name into the address, and a single name
    # there means one run.
    other = watched_run("beside", "view-beside") if _names_two() else None
    first = watched_run()
    return [view for view in (first, other) if view is not None]


def _names_two() -> bool:
    if "beside" in st.query_params:
        return True
    return not frame.own_state() and "view-beside" in st.session_state


# ---------------------------------------------------------------- before


def set_up() -> RunConfig | None:
    """The setup of a training, beside a recording or the user's own pictures."""
    left, right = st.columns(_LAYOUT, gap="medium")
    with left:
        source = train_own.choose_source()
    if source != "lab":
        with right, common.explained():
            own = train_own.gather(source)
            place = st.container()
        if own is None:
            return None
        config = train_setup.choose_options(own)
        with place, common.explained():
            own_sheet.contact_sheet(config)
        with left:
            offer_start(config)
        return config
    with left:
        preset = train_setup.choose_preset()
    # The animation first: the rest has to load PyTorch, which takes seconds on a first visit.
    with right, common.explained():
        view = recording(preset.name)
        st.markdown(f"A recording: **{preset.title}**, trained earlier on two processor cores.")
        place = st.empty()
        known = train_setup.facts_at_hand(view.config)
        if known is None:  # the first visit: the reference lines follow once PyTorch is loaded
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
    """The Play button, and the facts known before the start."""
    from pixelcnn.errors import LabError

    try:
        preview = train_setup.facts(config, fetch=False)
    except LabError as error:
        train_controls.drop_request()
        st.error(plain(error))
        return
    if preview is None:
        train_controls.drop_request()
        st.button(
            "Read this data set", on_click=fetch, key="fetch", width="stretch", args=(config,)
        )
        st.caption("It is downloaded if this computer has no copy yet. Then you can train on it.")
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
    """Read a data set, with a download if necessary."""
    with refusing():
        train_setup.facts(config)


@st.cache_resource(show_spinner=False)
def recording(name: str) -> RunView:
    """A recorded run, shared by all sessions; it never changes."""
    from pixelcnn.runs.recordings import recorded_run
    from pixelcnn.runs.view import RunView

    return RunView(recorded_run(name))


# ---------------------------------------------------------------- during


def watch(views: list[RunView]) -> None:
    """Show the runs, and poll while one is active."""
    active = any(view.status.active for view in views)
    poll = _next_look(views) if active else None
    st.fragment(show_live, run_every=poll)(views, [view.status.state for view in views], poll)


def _next_look(views: list[RunView]) -> float:
    return train_pace.next_look(train_owner.is_mine(views[0].run))


def show_live(views: list[RunView], states: list[str], poll: float | None) -> None:
    """The current controls and pictures; reruns the page if `states` or `poll` are outdated."""
    from pixelcnn.errors import LabError
    from pixelcnn.recipes.pairs import names_of_pair

    if "view" not in st.session_state:  # "Train another" was pressed, and only this fragment reruns
        st.rerun()
    if "queued" in states:
        let_next_begin()
    for view in views:
        view.refresh()
    if [view.status.state for view in views] != states or poll not in (None, _next_look(views)):
        st.rerun()
    try:
        preview = train_setup.facts(views[0].config, fetch=False)
    except LabError:  # the run's status shows the error
        preview = None
    names = ("",) if len(views) == 1 else names_of_pair(views[0].config, views[1].config)
    named = list(zip(views, names, strict=True))
    left, right = st.columns(_LAYOUT if len(views) == 1 else _LAYOUT_OF_TWO, gap="medium")
    with left:
        st.subheader(plain(train_live.title(views[0].config)), anchor=False)
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
    """What to look at, and the code for the same training."""
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
    shell.caption("A training started in the same folder also appears on this page.")


_WHAT_TO_LOOK_AT = """
- **The eight digits** are always drawn from the same random numbers, so only the network changes.
  The small number above each is its label. First the network learns how much ink there is, then
  strokes, then shapes.
- **The curve** is the mean surprise per pixel, in *bits*: 1 bit for a coin toss, 0 for certainty.
  *Nats per image* measure the same for the whole digit, in units of 1.44 bits. *Perplexity* is the
  number of equally likely values among which the model seems to choose at a pixel. Lower is better,
  and the axis is logarithmic. Two of the dashed lines use no other pixel: one guesses blindly, one
  knows how often each pixel is ink. The third is the best score of a shipped model on such digits.
- **The slider** goes back to any step: samples, the completed digit, feature maps and the mark on
  the curve move together. A click on the curve does the same.
- **Held-out digits** are not used for training. If the grey curve falls but the green one does not,
  the network overfits.
- **Try** two trainings side by side: one block against six, with and without labels, learning rate
  0.008 against 0.1. Which option matters most? *More* has 16 levels of grey and all other options.
- **Try** *One step* repeatedly from the start: what does the network learn in the first step?
- **Try** your own sign, drawn twenty times: how soon can the network draw it?
"""


# ---------------------------------------------------------------- the page

common.lesson(
    "How does it learn?",
    "The network predicts every pixel of a digit from the pixels before it, and compares with the "
    "truth. Then all its weights change a little, so that the truth would surprise it less: this "
    "is one **step**. A few hundred steps turn noise into handwriting.",
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
train_after.list_kept()
train_after.list_others(watched)
launcher().warm()
let_next_begin()
quiz("train", QUESTIONS)
