"""`python -m course.grading` is the console script `course`."""

import gc


def main() -> None:
    """Run the command."""
    # by default a quarter of the time that imports take goes into looking for garbage, of which there is none
    gc.set_threshold(100_000, 10, 10)
    # imported here, and not by each worker process, which looks into the main module
    from course.grading import cli

    cli.main()


if __name__ == "__main__":
    main()
