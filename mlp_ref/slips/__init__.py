"""Formulas with one or two slips: they name what an answer computes where no table does."""
