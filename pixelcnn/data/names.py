"""Name of the user's own data set; importing it does not load PyTorch, unlike `pixelcnn.data`."""

OWN = "own"
OWN_FILE = "own.npz"
CONTACT_SHEET = "contact-sheet.png"
