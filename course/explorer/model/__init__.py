"""What the explorer computes, in NumPy: problems, runs, the student's own runs, and the table of them all."""
