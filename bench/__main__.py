"""Run all measurements (`make bench`), or those named, as `python -m bench explorer`."""

from __future__ import annotations

import sys

from bench import explorer, grading, large_class, mutants, site, whole_way

PARTS = {
    "explorer": explorer.main,
    "grading": grading.main,
    "site": site.main,
    "whole_way": whole_way.main,
    "large_class": large_class.main,
    "mutants": mutants.main,
}


def main(names: list[str]) -> int:
    """Print the measurements of these names, all by default; return 0 when all could be made."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(
            f"There is no measurement {unknown[0]!r}; there are: {', '.join(sorted(PARTS))}", file=sys.stderr
        )
        return 2
    return max(PARTS[name]() for name in names or PARTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
