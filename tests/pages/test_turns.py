"""Work that takes turns ends a page with words where too many are waiting."""

import threading

from streamlit.testing.v1 import AppTest

from pages.shared.turns import short_job, slow_job


def _page() -> None:
    import streamlit as st

    from pages.shared.turns import short_job
    from pixelcnn.teaching.fair_queue import BusyError

    @st.cache_data
    @short_job
    def halved(number: int) -> int:
        if number % 2:
            raise BusyError("Too many are waiting.")
        return number // 2

    number = st.number_input("Number", 0, 9, 4)
    st.text(f"half: {halved(number)}")


def test_it_gives_what_the_work_gives_or_says_why_not() -> None:
    app = AppTest.from_function(_page).run()
    assert app.text[0].value == "half: 2"
    app.number_input[0].set_value(3).run()
    assert not app.exception
    assert app.error[0].value == "Too many are waiting."
    assert not app.text
    app.number_input[0].set_value(6).run()
    assert app.text[0].value == "half: 3"


def test_slow_work_is_done_one_piece_at_a_time_and_nothing_shorter_waits_for_it() -> None:
    begun, end, second = threading.Event(), threading.Event(), threading.Event()

    @slow_job
    def slow() -> None:
        begun.set()
        assert end.wait(60)

    workers = [threading.Thread(target=one) for one in (slow, slow_job(second.set))]
    workers[0].start()
    assert begun.wait(60)
    workers[1].start()
    assert short_job(lambda: "short")() == "short"
    assert not second.wait(0.5)
    end.set()
    for worker in workers:
        worker.join(60)
    assert second.is_set()
