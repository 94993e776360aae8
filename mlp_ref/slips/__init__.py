"""Formulas with one or two slips, made from a right one: they say what an answer computes that no table names."""
