"""Is an answer right, and if not, what is wrong with it? Pure functions: no process, no notebook."""
