"""A simulated class: sessions that speak Streamlit's protocol with the app.

They open pages, move controls, draw and sample like browsers, to measure how the server copes with
thirty of them. `browser` is one session, `student` and `monkey` act in it, and `lesson` runs many
and sums up. Needs only Streamlit's message classes and the `websockets` package, no torch.
"""
