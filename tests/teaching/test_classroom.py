"""The class of simulated students: it sees what a browser sees, and no error escapes it."""

from __future__ import annotations

import ast
import asyncio
import gc
import math
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pixelcnn.cli import main
from pixelcnn.teaching.parser_lock import take_turns_at_parsing
from pixelcnn.teaching.serving import Server
from tests.helpers.servers import free_port, run_async
from tools.classroom.__main__ import _tracebacks
from tools.classroom.browser import Browser, Shown
from tools.classroom.lesson import Outcome, figures, percentile, teach
from tools.classroom.monkey import play
from tools.classroom.student import Row
from tools.classroom.waiting import Reaction, Waiting

APP = """
import streamlit as st

from pages.shared.controls import one_of, whole_number


def first():
    st.session_state.setdefault("runs", 0)
    st.session_state.runs += 1
    number = st.slider("Number", 0, 10, 3, key="number", bind="query-params")
    st.markdown(f"number {number}, run {st.session_state.runs}")
    if number > 5:
        st.markdown("large " * 4000)
    part()


@st.fragment
def part():
    pressed = st.button("Other digits")
    st.markdown(f"pressed {pressed}")


def faulty():
    if st.button("Break"):
        raise RuntimeError("broken")


def choosing():
    st.markdown("chosen " + one_of("Choice", ["a", "b", "c"], key="choice"))
    st.markdown(f"seed {whole_number('Seed', 0, 99, key='seed')}")


pages = [
    st.Page(first, default=True),
    st.Page(faulty, url_path="faulty"),
    st.Page(choosing, url_path="usual"),
]
st.navigation(pages).run()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server of an app that is small, and has a fault."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "app.py").write_text(APP)
    shutil.copy(Path(__file__).parents[2] / "served.py", folder)
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("w") as log:
        patch.setattr("pixelcnn.teaching.serving.ROOT", folder)
        here = {"PYTHONPATH": str(Path(__file__).parents[2])}
        with Server("127.0.0.1", free_port(), log=log, environment=here) as server:
            server.await_health()
            yield server, folder / "log"


def only(browser: Browser, kind: str) -> Shown:
    [one] = browser.of_kind(kind)
    return one


def test_a_session_shows_what_a_browser_would(served: tuple[Server, Path]) -> None:
    async def use() -> None:
        async with Browser(served[0].address) as browser:
            reaction = await browser.open()
            assert 0 < reaction.first_s <= reaction.seconds
            assert sorted(browser.pages) == ["", "faulty", "usual"]
            assert "number 3, run 1" in browser.text()
            for number, run in ((7, 2), (4, 3), (7, 4)):
                await browser.set(only(browser, "slider"), double_array_value=[float(number)])
                assert f"number {number}, run {run}\n" in browser.text() + "\n"
                # Sent once, named by its hash the second time, and gone in between.
                assert ("large" in browser.text()) == (number == 7)
            assert browser.query == "number=7"
            await browser.set(only(browser, "button"), trigger_value=True)
            assert "pressed True" in browser.text()
            assert "run 4" in browser.text()  # only that part ran again
            await browser.open("", "number=2")
            assert "number 2" in browser.text()
            assert not browser.exceptions

            await browser.open("faulty")
            await browser.set(only(browser, "button"), trigger_value=True)
            assert [one.partition(":")[0] for one in browser.exceptions] == ["faulty"]

    run_async(use())
    assert any("RuntimeError: broken" in line for line in _tracebacks(served[1]))


def test_what_was_reported_as_known_can_still_be_named_after_many_more_messages() -> None:
    class Wire:
        async def send(self, data: bytes) -> None:
            self.reported = list(BackMsg.FromString(data).rerun_script.cached_message_hashes)

    async def use() -> None:
        browser, wire = Browser("http://nowhere"), Wire()
        browser._socket = wire
        for number in range(200):
            message = ForwardMsg(hash=str(number))
            message.metadata.cacheable = True
            browser._take(message)
            if number % 90 == 0:
                await browser._rerun(ClientState())
        older = wire.reported
        await browser._rerun(ClientState())
        assert "199" in wire.reported
        browser._take(ForwardMsg(ref_hash=older[0]))  # by the run that came before

    run_async(use())


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_one_of_another_part_follows_was_complete(told: bool) -> None:
    """Streamlit reports such a run as cut short, or does not report its end."""

    async def use() -> None:
        done: asyncio.Future[Reaction] = asyncio.get_running_loop().create_future()
        waiting = Waiting(time.perf_counter(), "quiz", done)
        early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
        waiting.begin(("clock",))
        waiting.end(early)
        waiting.begin(("quiz",))
        if told:
            waiting.end(early)
            waiting.begin(("quiz",))  # the same part: this one replaces the one before
            waiting.end(early)
        assert not done.done()
        waiting.begin(("clock",))
        assert done.result().seconds > 0

    run_async(use())


def test_a_control_that_was_sent_nonsense_answers_its_usual(served: tuple[Server, Path]) -> None:
    async def use() -> None:
        async with Browser(served[0].address) as browser:
            await browser.open()
            await browser.open("usual", "choice=b")
            assert "chosen b" in browser.text()
            await browser.set(only(browser, "button_group"), string_array_value=["x", "x"])
            assert "chosen a" in browser.text()
            assert not browser.exceptions

    run_async(use())


@pytest.mark.parametrize("number", ["1e999", "-inf"])
def test_going_back_to_a_number_without_end_does_no_harm(
    served: tuple[Server, Path], number: str
) -> None:
    async def use() -> None:
        async with Browser(served[0].address) as browser:
            await browser.open()
            await browser.open("usual", "seed=5")
            assert "seed 5" in browser.text()
            await browser.open("usual", f"seed={number}")
            assert "seed 5" in browser.text()
            await browser.set(only(browser, "number_input"), double_value=6.0)
            assert "seed 6" in browser.text()
            assert not browser.exceptions

    run_async(use())


def test_a_lesson_adds_up_and_monkeys_find_the_fault(served: tuple[Server, Path]) -> None:
    server, _ = served
    outcome = run_async(
        teach(server, students=2, seconds=1.5, seed=0, pause_s=(0.0, 0.1), arrive_s=0.1, run="")
    )
    assert not outcome.errors
    assert {"open"} <= {row.action for row in outcome.rows} <= {"open", "sample", "control"}
    assert outcome.before_mb > 10
    done, errors = run_async(play(server.address, seed=0, until=math.inf, most=30))
    assert done == 30
    assert any(error.startswith("faulty: RuntimeError") for error in errors), errors


def test_figures_are_medians_and_percentiles_by_page_and_action() -> None:
    rows = [Row("draw", "draw", Reaction(0, second / 100)) for second in range(1, 101)]
    rows.append(Row("draw", "open", Reaction(0, 9.0)))
    found = {(one.page, one.action): one for one in figures(rows)}
    assert found["draw", "draw"].p95_s == found["all", "react"].p95_s == 0.95
    assert found["draw", "draw"].median_s == 0.505
    assert found["all", "open"].slowest_s == 9.0
    assert percentile([3.0], 0.95) == 3.0
    growing = Outcome(rows, [], [100.0 + second for second in range(60)], 90.0, 1.0)
    assert growing.growth_mb_a_minute == pytest.approx(60)
    assert growing.mb_a_session(30) == pytest.approx((159 - 90) / 30)


def test_options_that_cannot_work_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for options in ("--students 0", "--minutes -1", "--pause 3 1", "--output figures.txt"):
        assert main(["bench", "classroom", *options.split()]) == 2
        assert options.split()[0] in capsys.readouterr().err


def test_threads_that_parse_do_not_disturb_each_other() -> None:
    text = f"[{'1 + (2, 3), ' * 50}]"
    others: list[threading.Thread] = []

    class Litter:
        """When it is collected, in the midst of parsing, another thread parses too."""

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            if len(others) < 30:
                others.append(threading.Thread(target=ast.parse, args=(text,)))
                others[-1].start()
                others[-1].join(0.02)
                Litter()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ast, "parse", ast.parse)  # as it was, afterwards
        take_turns_at_parsing()
        turns = ast.parse
        take_turns_at_parsing()
        assert ast.parse is turns
        usual = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            Litter()
            trees = [ast.dump(ast.parse(text)) for _ in range(3)]
        finally:
            gc.set_threshold(*usual)
    for other in others:
        other.join()
    assert len(others) == 30
    assert len(set(trees)) == 1
