"""Readings, as notebooks."""
