"""Measurements of grading and of the explorer: `make bench`."""
