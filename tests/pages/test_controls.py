"""The controls that several pages have keep to sound values, whatever the address says."""

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from pages.shared.controls import whole_number

    st.text(whole_number("Seed", 0, 9999, 7, key="seed"))


@pytest.mark.parametrize("number", ["1e999", "-inf", "1e400", "nan", "seven", "", "-1", "10000"])
def test_what_is_no_number_of_the_range_is_the_usual_one_and_leaves_the_address(
    number: str,
) -> None:
    app = AppTest.from_function(_page)
    app.query_params["seed"] = number
    app.query_params["n"] = "4"
    app.run()
    assert not app.exception
    assert app.text[0].value == "7"
    assert dict(app.query_params) == {"n": "4"}
