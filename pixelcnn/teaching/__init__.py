"""Lessons: stops, handout, the classroom server and its queues."""
