"""Hypothesis for this tier: the same examples on every run, with no time limit on one of them."""

from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("course")
