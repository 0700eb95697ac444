"""A part for tests that cannot start."""

import sys

if __name__ == "__main__":
    sys.exit("the reason in the last line")
