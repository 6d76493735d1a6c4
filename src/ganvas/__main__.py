"""`python -m ganvas` is `ganvas`."""

import sys

from ganvas.cli import main

if __name__ == "__main__":
    sys.exit(main())
