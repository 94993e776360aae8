"""Mutation testing: wrong variants of the instructor's own solutions, and which tests find them."""
