"""The reference: every equation of the course, correct. It never reaches a student's process."""
