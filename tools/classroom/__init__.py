"""A class of students who are none: sessions that speak Streamlit's own protocol with the app.

They open pages, move controls, draw and sample as browsers do, so that `python -m pixelcnn bench
classroom` can tell how the server bears thirty of them. `browser` is one such session, `student`
and `monkey` say what it does, `lesson` runs many of them and adds up. Needs nothing but what
Streamlit brings: its message classes and the `websockets` package. No torch.
"""
