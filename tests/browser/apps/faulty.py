"""An app with every fault that a watched page must notice; `?fault=` chooses one."""

import time

import streamlit as st

fault = st.query_params.get("fault", "none")
st.title(f"Fault: {fault}")

if fault == "exception":
    raise ValueError("raised by the page")
if fault == "outside":
    st.html('<img src="https://outside.invalid/picture.png">')
if fault in ("console", "script"):
    script = {
        "console": "console.error('told on the console')",
        "script": "setTimeout(() => { throw new Error('thrown by a script') })",
    }[fault]
    component = st.components.v2.component(
        f"faulty_{fault}", html="<p>faulty</p>", js=f"export default function () {{ {script} }}"
    )
    component()
if fault == "passing":
    place = st.empty()
    place.exception(ValueError("shown for a moment"))
    time.sleep(1)
    place.write("gone")
