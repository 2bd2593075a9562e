"""One session with a Streamlit server, like a browser's: a websocket and its messages.

The client sends a `BackMsg` with the state of all controls; the server answers with `ForwardMsg`s:
`new_session`, a `delta` for each element, and `script_finished`. Large messages are sent once, then
referred to by their hash. Tested with Streamlit 1.67.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tools.classroom.waiting import COMPLETE, Reaction, Waiting

PATIENCE_S = 60.0
_REPORTED_MESSAGES = 100


class Lost(Exception):
    """The server closed the connection, or did not answer in time."""


@dataclass(frozen=True)
class Shown:
    """An element on screen.

    Attributes:
        kind: such as "slider"; the name of the field in Streamlit's `Element`.
        proto: its message.
        fragment: the fragment that reruns when the element is used; "" for the whole page.
        run: the script run that sent it.
    """

    kind: str
    proto: Any
    fragment: str
    run: str


@dataclass
class Browser:
    """A session. Connect with `async with Browser(address) as browser`.

    Attributes:
        address: of the server, such as http://127.0.0.1:8501.
        cookies: sent with the connection, as in a Cookie header.
        session_id: of a session to resume after a dropped connection.
        elements: the elements on screen by position.
        pages: the hash of each page by the name in its address; "" is the first page.
        query: the query string of the address.
        page: the name of the current page.
        exceptions: the errors, each once, with the page's name.
    """

    address: str
    cookies: str = ""
    session_id: str = ""
    elements: dict[tuple[int, ...], Shown] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    query: str = ""
    page: str = ""
    exceptions: list[str] = field(default_factory=list)

    _states: dict[str, WidgetState] = field(default_factory=dict)
    _known: dict[str, ForwardMsg] = field(default_factory=dict)
    _timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _waiting: Waiting | None = None
    _page_hash: str = ""
    _run: str = ""
    _run_fragments: tuple[str, ...] = ()

    # ------------------------------------------------------------- the connection

    async def __aenter__(self) -> Browser:
        server = urlsplit(self.address)
        # Streamlit reads its name, a token and the session's id from the protocols.
        protocols = ["streamlit", "none", *([self.session_id] if self.session_id else [])]
        headers = {"Cookie": self.cookies} if self.cookies else None
        self._socket = await websockets.connect(
            f"ws://{server.netloc}{server.path}/_stcore/stream",
            subprotocols=[websockets.Subprotocol(name) for name in protocols],
            origin=websockets.Origin(f"{server.scheme}://{server.netloc}"),
            additional_headers=headers,
            max_size=None,
            open_timeout=PATIENCE_S,
            proxy=None,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop_timers()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()

    async def drop(self) -> None:
        """Drop the connection without closing it, as when a laptop sleeps."""
        self._stop_timers()
        self._socket.transport.abort()

    # ------------------------------------------------------------- actions

    async def open(self, page: str = "", query: str = "") -> Reaction:
        """Open a page by the name in its address, and wait until it is complete."""
        self._states.clear()
        self._stop_timers()
        self.page, self.query = page, query
        state = ClientState(query_string=query)
        self._page_hash = self.pages.get(page, "")
        if self._page_hash:
            state.page_script_hash = self._page_hash
        else:
            state.page_name = page
        return await self._send(state)

    async def set(self, shown: Shown, **value: Any) -> Reaction:
        """Set a widget's value (a field of Streamlit's `WidgetState`) and wait."""
        return await self._send(self._with(shown, value))

    async def report(self, shown: Shown, name: str, value: Any) -> Reaction:
        """Let one of the lab's own widgets report a value, and wait."""
        return await self.set(shown, json_value=self._reported(shown, name, value))

    async def hurry_report(self, shown: Shown, name: str, value: Any) -> None:
        """Like `report`, but without waiting."""
        await self._rerun(self._with(shown, {"json_value": self._reported(shown, name, value)}))

    def of_kind(self, *kinds: str) -> list[Shown]:
        """The elements of these kinds, from top to bottom."""
        return [shown for _, shown in sorted(self.elements.items()) if shown.kind in kinds]

    def text(self) -> str:
        """All text on the page."""
        kinds = ("markdown", "alert", "heading", "text")
        return "\n".join(shown.proto.body for shown in self.of_kind(*kinds))

    def _reported(self, shown: Shown, name: str, value: Any) -> str:
        before = self._states.get(shown.proto.id)
        states = json.loads(before.json_value) if before else {}
        return json.dumps({**states, name: value})

    def _with(self, shown: Shown, value: dict[str, Any]) -> ClientState:
        proto = shown.proto
        new = WidgetState(id=proto.id)
        for name, given in value.items():
            if name in ("double_array_value", "string_array_value"):
                getattr(new, name).data.extend(given)
            else:
                setattr(new, name, given)
        self._put_into_address(getattr(proto, "query_param_key", ""), value)
        sent = {**self._states, proto.id: new}
        if "trigger_value" not in value:
            self._states = sent
        state = ClientState(
            query_string=self.query,
            page_script_hash=self._page_hash,
            fragment_id=shown.fragment,
        )
        state.widget_states.widgets.extend(sent.values())
        return state

    def _put_into_address(self, key: str, value: dict[str, Any]) -> None:
        """Update the address as the browser does for a control bound to it."""
        if not key:
            return
        [given] = value.values()
        values = given if isinstance(given, list) else [given]
        words = [f"{one:g}" if isinstance(one, float) else str(one) for one in values]
        rest = [(name, text) for name, text in parse_qsl(self.query) if name != key]
        self.query = urlencode([*rest, *((key, word) for word in words)])

    # ------------------------------------------------------------- messages to the server

    async def _send(self, state: ClientState) -> Reaction:
        done = asyncio.get_running_loop().create_future()
        self._waiting = Waiting(time.perf_counter(), state.fragment_id, done)
        await self._rerun(state)
        try:
            return await asyncio.wait_for(done, PATIENCE_S)
        except TimeoutError:
            raise Lost(f"no answer within {PATIENCE_S:.0f} s") from None
        finally:
            self._waiting = None

    async def _rerun(self, state: ClientState) -> None:
        # Keep twice as many: a run in progress may refer to hashes that it was given before.
        while len(self._known) > 2 * _REPORTED_MESSAGES:
            del self._known[next(iter(self._known))]
        state.cached_message_hashes.extend(list(self._known)[-_REPORTED_MESSAGES:])
        state.context_info.timezone = "UTC"
        state.context_info.url = self.address
        try:
            await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        except websockets.ConnectionClosed as error:
            raise Lost(f"the connection was closed: {error}") from error

    # ------------------------------------------------------------- messages from the server

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                if isinstance(data, bytes):
                    self._take(ForwardMsg.FromString(data))
            problem = "the server closed the connection"
        except websockets.ConnectionClosed:
            problem = "the server closed the connection"
        except KeyError as error:
            problem = f"the server named a message that was never sent: {error}"
        if self._waiting is not None:
            self._waiting.fail(Lost(problem))

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            known = self._known[message.ref_hash] = self._known.pop(message.ref_hash)
            place = message.metadata
            message = ForwardMsg()
            message.CopyFrom(known)
            message.metadata.CopyFrom(place)
            kind = message.WhichOneof("type")
        elif message.metadata.cacheable and message.hash:
            self._known.pop(message.hash, None)
            self._known[message.hash] = message
        if kind == "new_session":
            self._begin(message)
        elif kind == "delta":
            self._show(message)
        elif kind == "script_finished":
            self._finish(message.script_finished)
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
            self.pages = {
                "" if page.is_default else page.url_pathname: page.page_script_hash
                for page in message.navigation.app_pages
            }
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._stop_timers([message.stop_auto_rerun.fragment_id])
        elif kind == "session_event":
            failed = message.session_event.script_compilation_exception
            if failed.type:
                self._note(failed)

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self._run, self._run_fragments = run.script_run_id, tuple(run.fragment_ids)
        self.session_id = message.new_session.initialize.session_id or self.session_id
        if not self._run_fragments:
            self._stop_timers()
        if self._waiting is not None:
            self._waiting.begin(self._run_fragments)

    def _show(self, message: ForwardMsg) -> None:
        if self._waiting is not None:
            self._waiting.show()
        delta, place = message.delta, tuple(message.metadata.delta_path)
        if delta.WhichOneof("type") == "new_element":
            kind = delta.new_element.WhichOneof("type") or "empty"
            proto = getattr(delta.new_element, kind)
            self.elements[place] = Shown(kind, proto, delta.fragment_id, self._run)
            for failed in _exceptions(delta.new_element):
                self._note(failed)
        elif delta.WhichOneof("type") == "add_block":
            self.elements.pop(place, None)

    def _finish(self, status: int) -> None:
        if status in COMPLETE:
            self.elements = {
                place: one for place, one in self.elements.items() if not self._is_stale(one)
            }
        if self._waiting is not None:
            self._waiting.end(status)

    def _is_stale(self, shown: Shown) -> bool:
        """Whether the run that ended should have sent the element again, but did not."""
        if shown.run == self._run:
            return False
        return not self._run_fragments or shown.fragment in self._run_fragments

    def _note(self, failed: Any) -> None:
        words = f"{self.page or 'start'}: {failed.type}: {failed.message}"
        if words not in self.exceptions:
            self.exceptions.append(words)

    # ------------------------------------------------------------- polling fragments

    def _start_timer(self, fragment: str, interval: float) -> None:
        if fragment not in self._timers:
            self._timers[fragment] = asyncio.create_task(self._tick(fragment, interval))

    def _stop_timers(self, fragments: Iterable[str] | None = None) -> None:
        for fragment in list(self._timers) if fragments is None else fragments:
            timer = self._timers.pop(fragment, None)
            if timer is not None:
                timer.cancel()

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            state = ClientState(
                query_string=self.query,
                page_script_hash=self._page_hash,
                fragment_id=fragment,
                is_auto_rerun=True,
            )
            state.widget_states.widgets.extend(self._states.values())
            try:
                await self._rerun(state)
            except Lost:
                return


def _exceptions(element: Element) -> Iterator[Any]:
    if element.WhichOneof("type") == "exception":
        yield element.exception


def component_meta(shown: Shown) -> dict[str, Any]:
    """The payload of one of the lab's own widgets, without its arrays (`widgets.base.payload`)."""
    payload = shown.proto.bytes
    length = int.from_bytes(payload[:4], "little")
    header: dict[str, Any] = json.loads(payload[4 : 4 + length])
    return {**header["meta"], "digest": header["digest"]}
