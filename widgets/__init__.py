"""Browser widgets: a Python mount function over a Streamlit component, its script and its style.

They depend on numpy and Streamlit only. Each takes numpy arrays (or anything that `numpy.asarray`
accepts), raises `ValueError` when an argument does not fit, and keeps its state in the browser: a
rerun with the same content disturbs nothing. All colours are in `widgets/base/colors.json`.
"""
