"""`python -m course.grading` is the console script `course`."""


def main() -> None:
    """Run the command."""
    # imported here, and not by each worker process, which looks into the main module
    from course.grading import cli

    cli.main()


if __name__ == "__main__":
    main()
