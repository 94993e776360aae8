"""A page beside Formgrader's, on which an instructor grades a whole class."""
