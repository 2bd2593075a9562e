"""Everything that uses private names of Streamlit.

A private name may change in any version, and a later version may make a patch unnecessary. For each
one, tests/pages/test_streamlit_private.py has a test that fails in either case. All were tried on
Streamlit 1.67.0.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import time
from collections import OrderedDict, deque
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.session_manager import SessionInfo, SessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

TRIED_ON = "1.67.0"

_LOOK_S = 0.005
_PATIENCE_S = 1.0
_GREATEST = 2.0**53 - 1


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


class ShortMemory(SessionStorage):
    """Sessions whose connection is gone, kept for a while in case they come back; then shut down.

    Streamlit 1.67.0 forgets up to 128 of them without shutting them down: their uploads and media
    stay in memory, and their event loops keep three file descriptors each until the garbage
    collector finds them. Here a session gives back its descriptors when its connection is gone.

    Args:
        most: sessions that are kept; the oldest is shut down for a new one.
        seconds: for which each is kept.
    """

    def __init__(self, most: int = 128, seconds: float = 120.0) -> None:
        self._most, self._seconds = most, seconds
        self._kept: OrderedDict[str, tuple[float, SessionInfo]] = OrderedDict()

    def get(self, session_id: str) -> SessionInfo | None:
        """The session, ready to go on; None if it is not kept any more."""
        _, info = self._kept.get(session_id, (0.0, None))
        if info is not None and info.session._script_event_loop.is_closed():
            info.session._script_event_loop = asyncio.new_event_loop()
        return info

    def save(self, session_info: SessionInfo) -> None:
        """Keep a session."""
        session = session_info.session
        self._kept[session.id] = (time.monotonic(), session_info)
        self._kept.move_to_end(session.id)
        if not session._script_event_loop.is_running():
            session._script_event_loop.close()
        self._shut_down_old()
        with contextlib.suppress(RuntimeError):  # outside the server's loop, as in a test
            asyncio.get_running_loop().call_later(self._seconds + 1, self._shut_down_old)

    def delete(self, session_id: str) -> None:
        """Forget a session, which goes on elsewhere."""
        self._kept.pop(session_id, None)

    def list(self) -> list[SessionInfo]:
        """All kept sessions."""
        return [info for _, info in self._kept.values()]

    def _shut_down_old(self) -> None:
        now = time.monotonic()
        while self._kept:
            name, (since, info) = next(iter(self._kept.items()))
            if len(self._kept) <= self._most and now - since < self._seconds:
                return
            del self._kept[name]
            info.session.shutdown()


def shut_down_closed_sessions() -> None:
    """Let the running server use `ShortMemory`; call at each run, it works once."""
    if not runtime.exists():
        return
    manager = getattr(runtime.get_instance(), "_session_mgr", None)  # AppTest has none
    if not isinstance(manager, WebsocketSessionManager):
        return
    before = manager._session_storage
    if not isinstance(before, ShortMemory):
        manager._session_storage = ShortMemory()
        for info in before.list():
            manager._session_storage.save(info)


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
        if client_state is not None:
            drop_unsound(client_state)
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


def drop_unsound(client_state: ClientState) -> None:
    """Leave out values that no control can have: nan, infinity, numbers beyond a browser's
    integers, and text in place of JSON, or JSON that is nested too deep to be read.

    Streamlit 1.67.0 reads them in the middle of ending a run: an error there ends the session's
    thread, and the session does not answer any more. A control without a value has its usual one.
    """
    widgets = client_state.widget_states.widgets
    sound = [one for one in widgets if _is_sound(one)]
    if len(sound) < len(widgets):
        kept = WidgetStates(widgets=sound)
        client_state.widget_states.CopyFrom(kept)


def _is_sound(state: WidgetState) -> bool:
    kind = state.WhichOneof("value")
    if kind == "double_value":
        return abs(state.double_value) <= _GREATEST
    if kind == "double_array_value":
        return all(abs(value) <= _GREATEST for value in state.double_array_value.data)
    if kind in ("json_value", "json_trigger_value"):
        try:
            json.loads(getattr(state, kind))
        except (ValueError, RecursionError):
            return False
    return True


def _is_ending(session: AppSession) -> bool:
    """Whether the previous run has ended, and the event loop has not heard of it yet."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
