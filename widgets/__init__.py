"""Browser widgets: a Python mount function over a Streamlit component, its script and its style.

They know numpy and Streamlit, and nothing of models. Each takes numpy arrays (or what
`numpy.asarray` turns into one), raises `ValueError` with a sentence when an argument does not fit,
and keeps its state in the browser: a rerun with the same content disturbs nothing. All colours
stand in `widgets/base/colors.json`.
"""
