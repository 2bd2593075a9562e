"""Timings, and trainings that are killed on purpose."""
