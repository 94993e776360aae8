"""A small class that goes the whole way, from `source/` to feedback: `python -m demo`."""
