"""Feedback pages: what a student reads of a graded notebook."""
