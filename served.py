"""The app as `python -m pixelcnn app` serves it: to browsers that open it by its own address."""

from pathlib import Path

import streamlit as st

from pixelcnn.teaching.allowed_hosts import AllowedHosts

app = st.App(Path(__file__).parent / "app.py")
app = AllowedHosts(app)  # what Streamlit finds and serves under this name
