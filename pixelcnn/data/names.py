"""What a data set of one's own is called: known without loading PyTorch, unlike `pixelcnn.data`."""

OWN = "own"
OWN_FILE = "own.npz"
