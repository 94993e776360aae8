"""`python -m course.grading` is the console script `course`."""

from course.grading.cli import main

main()
