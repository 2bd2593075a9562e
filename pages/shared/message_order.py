"""Nothing that a run has sent is lost when another part of the page runs next."""

from __future__ import annotations

import functools
import time
from collections import deque
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

_LOOK_S = 0.005
_PATIENCE_S = 1.0


def deliver_in_order() -> None:
    """Let a part wait with its run until the messages of the run before are on their way.

    A run's thread hands its messages to the server's event loop. If that has much to do, the run
    can be over while they wait there; where a part that looks again and again asks for its next run
    at that moment, Streamlit 1.67 begins it at once and drops them all (its issue 9921), so that a
    click would seem to do nothing. Once is enough: this changes Streamlit for the whole process.
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
