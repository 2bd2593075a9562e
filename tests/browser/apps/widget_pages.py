"""One server for all widget apps; the number of runs shows what never asked the server."""

import streamlit as st


def start() -> None:
    """The default page, which has no address of its own."""


names = ("player", "painter", "grids", "maps")
page = st.navigation(
    [st.Page(start), *(st.Page(f"widget_{name}.py", title=name) for name in names)]
)
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
page.run()
st.text(f"runs: {st.session_state['runs']}")
