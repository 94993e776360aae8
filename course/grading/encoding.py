"""Lets commands work with names of files, and with terminals, in any encoding."""

from __future__ import annotations

import io
import logging
import os
import sys


def use_utf8() -> None:
    """Start this command again in Python's UTF-8 mode, unless names of files are in UTF-8 already.

    Submissions are called after students, so their names have to be the same in every locale.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        os.environ["PYTHONUTF8"] = "1"  # in workers too
        os.environ["PYTHONIOENCODING"] = f"{getattr(sys.stdout, 'encoding', None) or 'ascii'}:replace"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def replace_what_cannot_be_shown() -> None:
    """Let the terminal show a question mark for each character that it does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class TextRecord(logging.LogRecord):
    """A log record that any file or terminal can take, though a file's name in it may not be in UTF-8."""

    def getMessage(self) -> str:
        """Return the message with question marks for what is no character."""
        return super().getMessage().encode("utf-8", "replace").decode("utf-8")


def is_text(name: str) -> bool:
    """Return whether a file's name is text in UTF-8, as databases and pages need it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
