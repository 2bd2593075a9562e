"""Everything that uses private names of Streamlit.

A private name may change in any version, and a later version may make a patch unnecessary. For each
one, tests/pages/test_streamlit_private.py has a test that fails in either case. All were tried on
Streamlit 1.67.0.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

TRIED_ON = "1.67.0"

_LOOK_S = 0.005
_PATIENCE_S = 1.0


def session_id() -> str:
    """The id of the viewer's session; outside a server, always the same word.

    Streamlit 1.67.0 has no public name for it.
    """
    context = get_script_run_ctx()
    return context.session_id if context else "alone"


def drop_if_superseded() -> None:
    """End this script run if its viewer has moved on, for example to a newer stroke of the pen.

    Streamlit 1.67.0 lets a fragment that is to run again wait until its older run has ended. This
    drops the older run; what it has put on screen stays until the newer run replaces it.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    if context is None or requests is None:
        return
    if requests._state is ScriptRequestType.STOP:  # the session has ended
        st.stop()
    newer = requests._rerun_data
    if requests._state is not ScriptRequestType.RERUN or newer.is_auto_rerun:
        return
    if not newer.fragment_id_queue:
        st.rerun()
    if set(newer.fragment_id_queue) & set(context.fragment_ids_this_run or ()):
        st.rerun(scope="fragment")


def deliver_in_order() -> None:
    """Start a fragment only after the messages of the previous run have been sent.

    A run hands its messages to the server's event loop. On a busy server the run can end while they
    still wait there. If a fragment with `run_every` asks for its next run at that moment,
    Streamlit 1.67.0 starts it at once and drops those messages (its issue 9921), so a click seems
    to do nothing. Calling this once changes Streamlit for the whole process.
    """
    request_rerun = AppSession.request_rerun
    if hasattr(request_rerun, "__wrapped__"):
        return
    # Requests keep their order: a later one holds newer values of all controls.
    waiting: WeakKeyDictionary[AppSession, deque[ClientState | None]] = WeakKeyDictionary()

    @functools.wraps(request_rerun)
    def in_order(session: AppSession, client_state: ClientState | None) -> None:
        asked = waiting.setdefault(session, deque())
        asked.append(client_state)
        if client_state is None or not client_state.fragment_id:
            begin_all(session)  # a run of the whole page replaces what was sent before
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
    """Whether the previous run has ended, and the event loop has not heard of it yet."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
