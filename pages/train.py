"""Train live: choose, press Play, and watch noise become handwriting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from pages import common, frame, train_live, train_owner, train_picture, train_setup
from pages.quiz import quiz

if TYPE_CHECKING:
    from pixelcnn.run_config import RunConfig
    from pixelcnn.run_view import RunView

_POLL_S = 0.5
_LAYOUT = [1, 2.2]
_LISTED = 8
_RECENT = 50  # runs among which some may still be at work


def watched_run() -> RunView | None:
    """The run that the address names, or that was watched before another page was opened.

    An address that names something to choose, as the links of the quiz do, asks for no run.
    """
    from pixelcnn.errors import LabError
    from pixelcnn.run_view import RunView
    from pixelcnn.runs import find_run

    name = st.query_params.get("run")
    if frame.own_state() and not name:
        st.session_state.pop("view", None)
    view: RunView | None = st.session_state.get("view")
    name = name or (view.run.id if view else None)
    if not name:
        return None
    st.query_params["run"] = name
    try:
        if view is None or view.run.id != name:
            view = st.session_state.view = RunView(find_run(None, name))
        else:
            view.refresh()
    except LabError as error:
        train_live.leave()
        st.warning(f"{error} Choose what to train instead.")
        return None
    return view


# ---------------------------------------------------------------- before


def set_up() -> RunConfig:
    """Choose what to train, beside a recording of it."""
    left, right = st.columns(_LAYOUT, gap="medium")
    with left:
        preset = train_setup.choose_preset()
    # First of all what moves: the rest has to load PyTorch, which takes seconds on a first visit.
    with right, common.explained():
        view = recording(preset.name)
        st.markdown(f"A recording: **{preset.title}**, trained earlier on two processor cores.")
        known = train_setup.facts_at_hand(view.config)
        train_picture.picture([(view, "")], known, key="picture")
    config = train_setup.choose_options(preset)
    with left:
        offer_start(config)
    if known is None:  # the first visit of all: now the curve gets its lines to compare with
        with right, common.explained():
            train_setup.facts(view.config)
        st.rerun()
    return config


def offer_start(config: RunConfig) -> None:
    """The Play button, and what can be said before it is pressed."""
    from pixelcnn.errors import LabError

    try:
        preview = train_setup.facts(config, fetch=False)
    except LabError as error:
        st.error(str(error))
        return
    place = {"width": "stretch", "args": (config,)}
    if preview is None:
        st.button("Read this data set", on_click=fetch, key="fetch", **place)
        st.caption("It is downloaded if there is no copy here yet; then you can train on it.")
    else:
        icon = ":material/play_arrow:"
        st.button(
            "Play", on_click=start, type="primary", icon=icon, shortcut="Space", key="play", **place
        )
        train_setup.tell_facts(preview, config)
    train_live.tell_refusal()


def fetch(config: RunConfig) -> None:
    """Read a data set that may have to be downloaded first."""
    with train_live.refusing():
        train_setup.facts(config)


def start(config: RunConfig) -> None:
    """Start the training, unless the machine is busy with others."""
    from pixelcnn.devices import usable_cores
    from pixelcnn.errors import RunError
    from pixelcnn.runs import list_runs, start_run

    with train_live.refusing():
        active = sum(run.status().active for run in list_runs()[:_RECENT])
        if active >= usable_cores():
            raise RunError(
                f"This machine is busy with {active} trainings, and more would slow down all of "
                "them. Watch one (see the end of this page), and try again when it is done."
            )
        run = start_run(None, config, starter=train_live.launcher())
        train_owner.claim(run)
        st.query_params["run"] = run.id


@st.cache_resource(show_spinner=False)
def recording(name: str) -> RunView:
    """A recorded run, shared by all sessions: nothing about it changes."""
    from pixelcnn.recordings import recorded_run
    from pixelcnn.run_view import RunView

    return RunView(recorded_run(name))


# ---------------------------------------------------------------- during


def watch(view: RunView) -> None:
    """The run that the address names; looks again and again while it is at work."""
    poll = _POLL_S if view.status.active else None
    st.fragment(show_live, run_every=poll)(view, view.status.state)


def show_live(view: RunView, state: str) -> None:
    """Controls and picture, as they are now; `state` is what the rest of the page was made for."""
    from pixelcnn.errors import LabError

    view.refresh()
    if view.status.state != state:
        st.rerun()
    try:
        preview = train_setup.facts(view.config, fetch=False)
    except LabError:  # its status says what is wrong with it
        preview = None
    left, right = st.columns(_LAYOUT, gap="medium")
    with left:
        st.subheader(train_live.title(view.config), anchor=False)
        train_live.controls(view)
        train_live.tell_refusal()
        train_live.outcome(view, preview)
    with right:
        train_live.progress(view)
        train_picture.picture([(view, "")], preview, key="picture")


# ---------------------------------------------------------------- after


def keep(view: RunView) -> None:
    """Save what was learnt: to a file, or for the other pages."""
    from pixelcnn.errors import RunError

    if view.status.state in ("queued", "starting", "running"):
        return
    try:
        weights = view.run.checkpoint("last")
    except RunError:  # it ended before its first save
        return
    st.subheader("Keep it", anchor=False)
    download, name_box, button = st.columns([1.2, 1.4, 1], vertical_alignment="bottom")
    download.download_button(
        "Download the model",
        weights.read_bytes,
        file_name=f"{view.config.model}-{view.run.id}.safetensors",
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    name = name_box.text_input(
        "Its name on the other pages",
        f"{train_live.title(view.config).replace('×', 'x').replace(',', '')} {view.run.id[-4:]}",
        max_chars=40,
    )
    button.button("Use on other pages", on_click=keep_under, args=(view, name), width="stretch")
    train_live.tell_refusal("kept")


def keep_under(view: RunView, name: str) -> None:
    """List the model among those to choose from."""
    from pixelcnn.kept_models import keep_model

    with train_live.refusing("kept"):
        keep_model(view.run, name)
        st.toast(f"{name} can be chosen on the other pages now, under Model.")


def explain(config: RunConfig) -> None:
    """What to look at, beside the program that does the same."""
    from pixelcnn.cli.train import command_line
    from pixelcnn.run_code import python_code

    st.subheader("What to look at", anchor=False)
    st.markdown(_WHAT_TO_LOOK_AT)
    st.subheader("The same in code", anchor=False)
    python, shell = st.tabs(["Python", "Command line"])
    python.code(python_code(config), language="python")
    shell.code(command_line(config), language="bash", wrap_lines=True)
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
- **Try** under *More*: learning rate 1, no labels, one block against eight, 16 levels of grey.
"""


def list_others(view: RunView | None) -> None:
    """Other runs on this machine, to watch or to come back to."""
    from pixelcnn.errors import LabError
    from pixelcnn.runs import list_runs

    runs = [run for run in list_runs()[:_LISTED] if view is None or run.id != view.run.id]
    if not runs:
        return
    with st.expander("Other trainings on this machine"):
        for run in runs:
            try:
                config, status = run.config, run.status()
            except LabError:  # deleted or damaged: nothing to watch
                continue
            age = max(0, time.time() - status.updated) / 60
            when = "now" if status.active else f"{age:.0f} min ago"
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button("Watch", on_click=show_run, args=(run.id,), key=f"watch-{run.id}")
                words = f"{status.state}, step {status.step:,}, {when}"
                st.markdown(f"**{train_live.title(config)}**: {words}", width="content")


def show_run(run_id: str) -> None:
    """Watch another run."""
    st.query_params["run"] = run_id


# ---------------------------------------------------------------- the page

common.lesson(
    "How does it learn?",
    "The network guesses every pixel of a digit from the pixels before it, then is shown the "
    "truth. All its weights turn a little, so that the truth would have surprised it less: that is "
    "one **step**. A few hundred steps turn noise into handwriting.",
)
train_owner.remember_browser()
watched = watched_run()
if watched is None:
    shown = set_up()
else:
    watch(watched)
    keep(watched)
    shown = watched.config
explain(shown)
list_others(watched)
train_live.launcher().warm()
quiz("train")
