"""A class of forty, in which some have handed in what no program expects."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from course.grading.course_folder import CourseFolder
from tests.helpers import RIGHT, hand_in, small_course

CLASS = 40


def a_notebook_that_is_a_folder(folder: Path) -> None:
    (folder / "small.ipynb").unlink()
    (folder / "small.ipynb" / "x").mkdir(parents=True)


def a_notebook_that_leads_nowhere(folder: Path) -> None:
    (folder / "small.ipynb").unlink()
    (folder / "small.ipynb").symlink_to("nowhere")


def a_notebook_that_leads_to_itself(folder: Path) -> None:
    (folder / "small.ipynb").unlink()
    (folder / "small.ipynb").symlink_to("small.ipynb")


def a_huge_notebook(folder: Path) -> None:
    os.truncate(folder / "small.ipynb", 1 << 40)


def a_pipe(folder: Path) -> None:
    (folder / "small.ipynb").unlink()
    os.mkfifo(folder / "small.ipynb")


def a_file_instead_of_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("my answers")


def a_link_instead_of_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to("nowhere")


def a_name_without_letters(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("Latin-1")


def a_folder_that_is_no_name(folder: Path) -> None:
    folder.parent.rename(folder.parent.with_name(folder.parent.name + os.fsdecode(b"\xff")))


def a_line_break_in_the_folders_name(folder: Path) -> None:
    folder.parent.rename(folder.parent.with_name(folder.parent.name + "\nx"))


def folders_without_end(folder: Path) -> None:
    below(folder, "a", 980)


def a_path_too_long(folder: Path) -> None:
    bottom = below(folder, "d" * 100, (4080 - len(str(folder.resolve()))) // 101)
    for length in range(1, 200):
        os.close(os.open("n" * length, os.O_CREAT, dir_fd=bottom))
    os.close(bottom)


def a_file_where_the_release_has_a_folder(folder: Path) -> None:
    (folder / "data").write_text("mine")


def a_folder_where_the_release_has_a_file(folder: Path) -> None:
    (folder / "data" / "more" / "points.csv" / "x").mkdir(parents=True)


def a_time_that_is_a_folder(folder: Path) -> None:
    (folder / "timestamp.txt").mkdir()


GRADED = (
    a_notebook_that_is_a_folder,
    a_notebook_that_leads_nowhere,
    a_notebook_that_leads_to_itself,
    a_huge_notebook,
    a_pipe,
    a_name_without_letters,
    a_file_where_the_release_has_a_folder,
    a_folder_where_the_release_has_a_file,
    a_time_that_is_a_folder,
)
"""what is graded, with the points for what can be read"""
NOT_GRADED = (
    a_file_instead_of_the_folder,
    a_link_instead_of_the_folder,
    a_folder_that_is_no_name,
    a_line_break_in_the_folders_name,
    folders_without_end,
    a_path_too_long,
)
"""what is named on the terminal"""


def below(folder: Path, name: str, depth: int) -> int:
    """Make folders in folders; return the last one, opened."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=descriptor)
        descriptor, above = os.open(name, os.O_RDONLY, dir_fd=descriptor), descriptor
        os.close(above)
    return descriptor


def a_class_of_forty(root: Path, *faults: Callable[[Path], None]) -> Path:
    """Make a course whose class of forty has handed in `small`; the last ones have a fault each."""
    small_course(root)
    points = root / "source" / "small" / "data" / "more" / "points.csv"
    points.parent.mkdir(parents=True)
    points.write_text("1,2\n")
    CourseFolder(root).generate("small")
    for number in range(CLASS - len(faults)):
        hand_in(root, f"s{number:02}", **RIGHT)
    for fault in faults:
        fault(hand_in(root, fault.__name__, **RIGHT).parent)
    return root
