"""The instructor's side of an assignment: notebooks, the assignment they make, and what is released."""
