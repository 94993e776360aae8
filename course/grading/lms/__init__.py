"""Moodle and Canvas: archives of submissions are collected, files of grades are exported.

`course collect` opens an `archive`, parses its names by the system's `conventions`, finds each submission's
student by `matching` with a roster (`rosters`), takes files by `selection`, and writes them to `submitted`.
`course export` writes `sheets`.
"""
