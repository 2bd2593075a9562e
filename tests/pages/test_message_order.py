"""A part of a page that looks again and again takes no answer away from another part."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

from pages.shared.message_order import deliver_in_order
from tests.helpers.servers import run_async


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts whose run began, in order."""
    parts: list[str] = []

    def begin(session: AppSession, state: ClientState) -> None:
        parts.append(state.fragment_id)

    monkeypatch.setattr(AppSession, "request_rerun", begin)
    deliver_in_order()
    return parts


def ask(session: Any, part: str) -> None:
    AppSession.request_rerun(session, ClientState(fragment_id=part))


class ASession:
    """What there is of a session while a run of this state is its last."""

    def __init__(self, state: ScriptRequestType) -> None:
        self._scriptrunner: Any = SimpleNamespace(_requests=SimpleNamespace(_state=state))
        self._event_loop = asyncio.get_running_loop()


def a_session(state: ScriptRequestType) -> Any:
    return ASession(state)


def test_a_part_waits_until_the_run_before_has_delivered(begun: list[str]) -> None:
    async def use() -> None:
        session = a_session(ScriptRequestType.STOP)
        ask(session, "clock")
        await asyncio.sleep(0.05)
        assert not begun
        session._scriptrunner = None  # its last event was handled
        await asyncio.sleep(0.05)
        assert begun == ["clock"]

    run_async(use())


def test_what_was_asked_first_begins_first(begun: list[str]) -> None:
    async def use() -> None:
        session = a_session(ScriptRequestType.STOP)
        ask(session, "clock")
        session._scriptrunner = None
        ask(session, "button")
        ask(session, "")  # the whole page waits for nothing
        assert begun == ["clock", "button", ""]
        await asyncio.sleep(0.05)
        assert len(begun) == 3

    run_async(use())


def test_a_run_that_never_ends_keeps_a_part_waiting_for_a_second_only(begun: list[str]) -> None:
    async def use() -> None:
        ask(a_session(ScriptRequestType.STOP), "clock")
        await asyncio.sleep(1.2)
        assert begun == ["clock"]

    run_async(use())


def test_nobody_waits_where_nothing_can_be_lost(begun: list[str]) -> None:
    async def use() -> None:
        ask(a_session(ScriptRequestType.CONTINUE), "clock")  # that run goes on with this part
        ask(a_session(ScriptRequestType.STOP), "")  # the whole page replaces everything
        assert begun == ["clock", ""]

    run_async(use())


def test_streamlit_has_what_the_waiting_looks_at() -> None:
    """Names that are not public may change with its version: then this must be thought over."""
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

    requests = ScriptRequests()
    assert requests._state is ScriptRequestType.CONTINUE
    requests.request_stop()
    assert requests._state is ScriptRequestType.STOP
    assert "_requests" in ScriptRunner.__init__.__code__.co_names
    names = AppSession.__init__.__code__.co_names
    assert {"_scriptrunner", "_event_loop"} <= set(names)
