"""Answers this page's address until app.py has run once: see `run_app`."""

from pages.shared.first_visit import run_app

run_app()
