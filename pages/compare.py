"""Answers this page's address until app.py has run once: see `restart_if_taken_for_old_app`."""

from pages.shared.streamlit_private import restart_if_taken_for_old_app

restart_if_taken_for_old_app()
