"""Measure what the course promises: `make bench`."""

from __future__ import annotations

import sys

from bench import grading


def main() -> int:
    """Print all measurements; return 0 when they could be made."""
    return grading.main()


if __name__ == "__main__":
    sys.exit(main())
