"""Timings, and a crash test of trainings."""
