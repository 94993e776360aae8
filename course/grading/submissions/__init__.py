"""What a student handed in, read without trusting any of it, and rebuilt on the instructor's notebook."""
