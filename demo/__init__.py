"""A small class, graded from `source/` to feedback: `python -m demo`."""
