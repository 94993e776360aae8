"""Reads tables as spreadsheets write them."""

from __future__ import annotations

import csv
import io
import re


def csv_rows(text: str) -> list[list[str]]:
    """Return the lines of a table, whose delimiter is the most frequent one in its first line.

    Empty lines are left out. Raises csv.Error.
    """
    # Excel writes, and reads, which delimiter a table has.
    text = re.sub(r"\A\s*sep=.(\r\n?|\n)", "", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # Excel's "CSV (Macintosh)" has the latter
    first = text.lstrip().partition("\n")[0]

    class Dialect(csv.excel):
        delimiter = max(",;\t", key=first.count)

    return [row for row in csv.reader(io.StringIO(text), Dialect, strict=True) if any(row)]
