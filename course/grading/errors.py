"""What the command line tells in one message."""


class CourseError(Exception):
    """A command cannot do what it was asked; the message says why, and what to do."""
