"""`python -m pixelcnn bench`."""
