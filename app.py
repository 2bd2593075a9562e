"""PixelCNN Lab: the entry point. `streamlit run app.py` starts it."""

from pathlib import Path

import streamlit as st

FAVICON = Path(__file__).parent / "widgets" / "favicon.png"

st.set_page_config(page_title="PixelCNN Lab", page_icon=str(FAVICON), layout="wide")
page = st.navigation(
    [
        st.Page("pages/start.py", title="Start", default=True),
        st.Page("pages/masks.py", title="Masks & blind spots"),
        st.Page("pages/break_it.py", title="Break it"),
        st.Page("pages/train.py", title="Train live"),
        st.Page("pages/sample.py", title="Sample"),
        st.Page("pages/draw.py", title="Draw & complete"),
        st.Page("pages/features.py", title="Feature maps"),
        st.Page("pages/one_pixel.py", title="One pixel"),
    ],
    expanded=True,
)
# The picture belongs above the fold; the framework's margin above the title is six lines high.
st.html("<style>.stMainBlockContainer { padding-top: 3.5rem; padding-bottom: 3rem; }</style>")
page.run()
