"""What the pages take from Streamlit's private names is there, is needed, and does its work.

A test that begins with "Streamlit still" fails when a new version needs the patch no longer, or
has changed the names that it uses.
"""

import asyncio
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session, memory_session_storage
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager
from streamlit.testing.v1 import AppTest

from pages.shared import streamlit_private
from pages.shared.streamlit_private import (
    TRIED_ON,
    ShortMemory,
    deliver_in_order,
    drop_if_superseded,
)
from tests.helpers.servers import run_async

ROOT = Path(__file__).parents[2]


def test_all_of_it_was_tried_on_the_streamlit_that_is_installed() -> None:
    assert version("streamlit") == TRIED_ON, "try pages/shared/streamlit_private.py again"


def test_no_other_file_of_the_app_reaches_into_streamlit() -> None:
    private = ("streamlit.runtime", "streamlit.proto")
    files = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("widgets/**/*.py")]
    reaching = [file.name for file in files if any(one in file.read_text() for one in private)]
    assert reaching == ["streamlit_private.py"]


# ---------------------------------------------------------------- who is served


def test_streamlit_still_has_no_public_name_for_a_session() -> None:
    assert not hasattr(st.context, "session_id")


def _tell_session() -> None:
    import streamlit as st

    from pages.shared.streamlit_private import session_id

    st.text(session_id())


def test_a_viewer_has_a_name_and_so_has_work_outside_a_server() -> None:
    viewer = AppTest.from_function(_tell_session).run().text[0].value
    assert viewer not in ("", streamlit_private.session_id())


# ---------------------------------------------------------------- the folder named pages


def test_streamlit_still_takes_a_folder_named_pages_for_an_older_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(ROOT / "app.py"))
    assert PagesManager.uses_pages_directory


# ---------------------------------------------------------------- work that nobody waits for


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    """What is asked of a run of the part "pen", which is the run of this test."""
    requests = ScriptRequests()
    context = SimpleNamespace(script_requests=requests, fragment_ids_this_run=["pen"])
    monkeypatch.setattr(streamlit_private, "get_script_run_ctx", lambda: context)

    def rerun(scope: str = "app") -> None:
        raise RerunException(RerunData(is_fragment_scoped_rerun=scope == "fragment"))

    def stop() -> None:
        raise StopException

    monkeypatch.setattr(st, "rerun", rerun)
    monkeypatch.setattr(st, "stop", stop)
    return requests


def test_streamlit_still_lets_a_part_wait_for_the_end_of_its_older_run() -> None:
    requests = ScriptRequests()
    requests.request_rerun(RerunData(fragment_id="pen"))
    assert requests.on_scriptrunner_yield() is None


def test_an_older_run_of_the_same_part_gives_way(requests: ScriptRequests) -> None:
    drop_if_superseded()  # nothing newer was asked
    requests.request_rerun(RerunData(fragment_id="pen"))
    with pytest.raises(RerunException) as raised:
        drop_if_superseded()
    assert raised.value.rerun_data.is_fragment_scoped_rerun


def test_a_new_run_of_the_whole_page_ends_it(requests: ScriptRequests) -> None:
    requests.request_rerun(RerunData())
    with pytest.raises(RerunException) as raised:
        drop_if_superseded()
    assert not raised.value.rerun_data.is_fragment_scoped_rerun


@pytest.mark.parametrize("newer", [{"fragment_id": "clock"}, {"is_auto_rerun": True}])
def test_another_part_and_a_clock_leave_it_alone(
    requests: ScriptRequests, newer: dict[str, Any]
) -> None:
    requests.request_rerun(RerunData(**newer))
    drop_if_superseded()


def test_nothing_is_worked_out_for_a_viewer_who_has_gone(requests: ScriptRequests) -> None:
    requests.request_stop()
    with pytest.raises(StopException):
        drop_if_superseded()


def test_work_outside_a_server_is_never_dropped() -> None:
    drop_if_superseded()


# ---------------------------------------------------------------- messages in order


def test_streamlit_still_begins_the_next_part_at_once_and_drops_what_the_last_one_sent() -> None:
    begin = getattr(AppSession.request_rerun, "__wrapped__", AppSession.request_rerun)
    begun: list[Any] = []
    sent: list[Any] = []

    class Session(AppSession):
        """As much of a session as it takes to hear a run's messages and to begin the next run."""

        def __init__(self) -> None:
            self._event_loop = asyncio.get_running_loop()
            self._state = AppSessionState.APP_IS_RUNNING
            self._create_scriptrunner: Any = begun.append
            self._enqueue_forward_msg: Any = sent.append
            self.has_fragment: Any = lambda fragment: True

        def __del__(self) -> None:
            """There is nothing to shut down."""

    async def use() -> None:
        session: Any = Session()
        requests = ScriptRequests()
        requests.request_stop()
        ended = SimpleNamespace(_requests=requests, request_rerun=requests.request_rerun)
        session._scriptrunner = ended

        def message(sender: Any) -> None:
            session._handle_scriptrunner_event_on_event_loop(
                sender, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, forward_msg=ForwardMsg()
            )

        message(ended)
        assert len(sent) == 1
        begin(session, ClientState(fragment_id="clock"))
        assert [data.fragment_id for data in begun] == ["clock"]
        session._scriptrunner = object()
        message(ended)
        assert len(sent) == 1

    run_async(use())
    assert "_requests" in ScriptRunner.__init__.__code__.co_names
    assert {"_scriptrunner", "_event_loop"} <= set(AppSession.__init__.__code__.co_names)


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


def test_no_request_waits_where_nothing_can_be_lost(begun: list[str]) -> None:
    async def use() -> None:
        ask(a_session(ScriptRequestType.CONTINUE), "clock")  # that run goes on with this part
        ask(a_session(ScriptRequestType.STOP), "")  # the whole page replaces everything
        assert begun == ["clock", ""]

    run_async(use())


# ---------------------------------------------------------------- the tests' own


def test_streamlit_still_looks_for_components_in_every_run_of_a_test() -> None:
    """See `looks_for_components_once` in tests/conftest.py."""
    scan: Any = manifest_scanner.scan_component_manifests
    AppTest.from_function(_tell_session).run()
    before = scan.cache_info().hits
    AppTest.from_function(_tell_session).run()
    assert scan.cache_info().hits > before


# ---------------------------------------------------------------- sessions that have closed


class Closed:
    """As much of a session as its storage uses."""

    def __init__(self, name: str) -> None:
        self.id = name
        self._script_event_loop = asyncio.new_event_loop()
        self.ended = False

    def shutdown(self) -> None:
        self.ended = True


def closed(name: str) -> Any:
    return SimpleNamespace(session=Closed(name))


def test_streamlit_still_forgets_sessions_without_shutting_them_down() -> None:
    assert "shutdown" not in Path(memory_session_storage.__file__).read_text()
    assert hasattr(WebsocketSessionManager, "disconnect_session")
    assert "_script_event_loop" in Path(app_session.__file__).read_text()


def test_a_closed_session_gives_back_its_files_and_comes_back_or_is_shut_down() -> None:
    memory = ShortMemory(most=2)
    first, second, third = closed("1"), closed("2"), closed("3")
    memory.save(first)
    assert first.session._script_event_loop.is_closed()
    assert memory.get("1") is first
    assert not first.session._script_event_loop.is_closed()
    memory.delete("1")
    assert memory.get("1") is None
    first.session._script_event_loop.close()
    for one in (first, second, third):
        memory.save(one)
    assert first.session.ended
    assert memory.list() == [second, third]
    brief = ShortMemory(seconds=0)
    brief.save(closed("4"))
    assert brief.list() == []
