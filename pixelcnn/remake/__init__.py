"""What makes the files in `checkpoints/` that no recipe makes: `python -m pixelcnn remake`."""
