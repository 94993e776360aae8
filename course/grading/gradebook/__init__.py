"""nbgrader's gradebook: transactions, the entries of a graded notebook, all gradings, and a whole class."""
