"""All that the pages take from Streamlit's private names, in one place.

Such a name may change with any version, and what a patch works around may be mended. For each there
is a test in tests/pages/test_streamlit_private.py that fails when the name has changed or the patch
is no longer needed. Everything here was tried on Streamlit 1.67.0.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

TRIED_ON = "1.67.0"

_LOOK_S = 0.005
_PATIENCE_S = 1.0


def session_id() -> str:
    """Which viewer this script run serves; the same for all outside a server.

    Streamlit 1.67.0 has no public name for it.
    """
    context = get_script_run_ctx()
    return context.session_id if context else "alone"


def restart_if_taken_for_old_app() -> None:
    """Run app.py again if Streamlit took it for an app of its older kind.

    Streamlit 1.67.0 does so where there is a folder named pages, until `st.navigation` has run
    once: the very first visitor of a server would not get the page that his link names.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def drop_if_superseded() -> None:
    """End this script run if its viewer has moved on, such as to a newer stroke of the pen.

    Streamlit 1.67.0 lets a part of a page that is to run again wait for the end of its older run.
    That one is dropped here; what it has put on screen stays until the newer one replaces it.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    if context is None or requests is None:
        return
    if requests._state is ScriptRequestType.STOP:  # the viewer has gone
        st.stop()
    newer = requests._rerun_data
    if requests._state is not ScriptRequestType.RERUN or newer.is_auto_rerun:
        return
    if not newer.fragment_id_queue:
        st.rerun()
    if set(newer.fragment_id_queue) & set(context.fragment_ids_this_run or ()):
        st.rerun(scope="fragment")


def deliver_in_order() -> None:
    """Let a part wait with its run until the messages of the run before are on their way.

    A run's thread hands its messages to the server's event loop. If that has much to do, the run
    can be over while they wait there; where a part that looks again and again asks for its next run
    at that moment, Streamlit 1.67.0 begins it at once and drops them all (its issue 9921), so that
    a click would seem to do nothing. Once is enough: this changes Streamlit for the whole process.
    """
    request_rerun = AppSession.request_rerun
    if hasattr(request_rerun, "__wrapped__"):
        return
    # What a browser asks later must never be done earlier: it holds newer values of all controls.
    waiting: WeakKeyDictionary[AppSession, deque[ClientState | None]] = WeakKeyDictionary()

    @functools.wraps(request_rerun)
    def in_order(session: AppSession, client_state: ClientState | None) -> None:
        asked = waiting.setdefault(session, deque())
        asked.append(client_state)
        if client_state is None or not client_state.fragment_id:
            begin_all(session)  # the whole page replaces what the run before has sent
        elif len(asked) == 1:
            look(session, time.monotonic() + _PATIENCE_S)

    def look(session: AppSession, until: float) -> None:
        if _is_ending(session) and time.monotonic() < until:
            session._event_loop.call_later(_LOOK_S, look, session, until)
        else:
            begin_all(session)

    def begin_all(session: AppSession) -> None:
        asked = waiting[session]
        while asked:
            request_rerun(session, asked.popleft())

    AppSession.request_rerun = in_order  # type: ignore[method-assign]


def _is_ending(session: AppSession) -> bool:
    """Whether the run before is over, and the event loop has yet to hear of it."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
