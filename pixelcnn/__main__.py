"""`python -m pixelcnn COMMAND`: see `pixelcnn.cli`."""

import sys

from pixelcnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
