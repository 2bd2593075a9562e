"""A lesson: its stops, the handout, the server for a class and its queues."""
