"""nbgrader's gradebook: how it is opened, what a grading writes into it, and every grading there was."""
