"""Reads times of hand-in and due dates, with offsets and zones; what may mean several times is refused."""

from __future__ import annotations

import functools
import re
import stat
import zoneinfo
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import NamedTuple

from dateutil import parser

TIMESTAMP = "timestamp.txt"
LONGEST = 1000
"""bytes of a `timestamp.txt`"""
_FARTHEST = timedelta(hours=14)
"""from UTC that any place on earth is"""
_UTC = ("Z", "UTC", "GMT", "UT")
_NO_PLACES = {"Factory", "localtime"}
"""zones of tzdata that are no place's: what each machine is set to, or nothing yet"""
_CLOCK = re.compile(r"\d:\d\d|\d\s*[ap]\.?m\b", re.IGNORECASE)
_UNIX = re.compile(r"(.*\d:\d\d(?::\d\d)?(?: [AP]M)?) ([A-Z]{2,5}) (\d{4})")
"""as `date` writes it: the zone stands before the year"""
_ZONED = re.compile(
    r"(?P<local>.*\d(?:\s*[AaPp]\.?[Mm]\b\.?)?)\s*"
    r"(?:(?:UTC|GMT|UT)?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)(?:\s*\([^()]*\))?|(?P<name>(?![AaPp][Mm]$)[A-Za-z][\w/+-]*))"
)


class UnclearTime(ValueError):
    """A text is no time, or may mean several; the message says why, and how to write it."""


class HandIn(NamedTuple):
    """When a submission was handed in."""

    time: datetime | None
    """in UTC, without a zone, as nbgrader has it; None where it is not known"""
    problem: str = ""
    """why a time that is written down is not known"""
    is_written: bool = True
    """whether there is a file for it, empty or not; if not, a time that is recorded already may be right"""


def read_hand_in(folder: Path, zone: tzinfo | None = None) -> HandIn:
    """Return when the submission in `folder` was handed in; `zone` as `parse_time` takes it."""
    path = folder / TIMESTAMP
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > LONGEST:
            return HandIn(None, f"{path} is a link, no regular file, or too long")
        with path.open("rb") as file:
            text = decoded(file.read(LONGEST)).strip()
        return HandIn(parse_time(text, zone).replace(tzinfo=None) if text else None)
    except FileNotFoundError:
        return HandIn(None, is_written=False)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return HandIn(None, f"{path}: {reason}; until then it does not count as late")


def parse_time(text: str, zone: tzinfo | None = None) -> datetime:
    """Return the time, in UTC, that `text` says: in ISO 8601, as mails, `date`, Moodle or Canvas write it.

    Without a zone a time in ISO 8601 is in UTC, as nbgrader writes it; one in words is in `zone`, the
    course's. `zone` also tells what is meant by an abbreviation such as CST, which means several zones.
    Raises UnclearTime.
    """
    text = " ".join(text.split())
    if match := _UNIX.fullmatch(text):
        text = "{0} {2} {1}".format(*match.groups())
    if _is_iso(text):
        return _in_utc(datetime.fromisoformat(text), text)
    match = _ZONED.fullmatch(text)
    if match is None or not _has_clock(match["local"]):
        return _without_zone(text, zone)
    local = _local(match["local"], text)
    if match["offset"]:
        return _in_utc(local.replace(tzinfo=_fixed(match["offset"], text)), text)
    if match["name"].upper() in _UTC:
        return _in_utc(local, text)
    return _in_utc(_named(local, match["name"], zone), text)


def parse_due(text: str, zone: tzinfo | None = None) -> datetime:
    """Return the time, in UTC, that an instructor types. Raises UnclearTime, also for one without a zone."""
    text = " ".join(text.split())
    if _is_iso(text) and datetime.fromisoformat(text).tzinfo is None:
        raise UnclearTime(
            f"{text[:100]!a} does not say in which time zone: write it with one, as 2026-11-20 18:00 "
            "Europe/Berlin, or with its offset"
        )
    return parse_time(text, zone)


def course_zone(name: object) -> tzinfo | None:
    """Return the time zone that the course's `Exchange.timezone` names; None where it is UTC or none."""
    try:
        return zoneinfo.ZoneInfo(name) if isinstance(name, str) and name not in ("", "UTC") else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


def decoded(content: bytes) -> str:
    """Return text that any editor may have written; a byte-order mark tells which encoding it is in."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "replace")


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.search(r"\d[T ]\d", text, re.IGNORECASE))


def _has_clock(text: str) -> bool:
    return _is_iso(text) or bool(_CLOCK.search(text))


def _without_zone(text: str, zone: tzinfo | None) -> datetime:
    if not _CLOCK.search(text):
        raise UnclearTime(f"{text[:100]!a} is no date with a time of day: {_remedy()}")
    local = _local(text, text)
    if zone is None:
        raise UnclearTime(f"{text[:100]!a} does not say in which time zone: {_remedy()}")
    return _in_utc(_in_zone(local, zone, text), text)


def _local(local: str, text: str) -> datetime:
    """Return a date and time of day without a zone. Raises UnclearTime where part of it is missing."""
    if _is_iso(local):
        return datetime.fromisoformat(local)
    # What is missing is taken from the default; which number is the day, the libraries guess.
    defaults = (datetime(2000, 1, 1), datetime(2004, 12, 28))
    orders = ((False, False), (True, False), (False, True))
    try:
        times = {
            parser.parse(local, default=default, dayfirst=day, yearfirst=year, ignoretz=True)
            for default in defaults
            for day, year in orders
        }
    except (ValueError, OverflowError, TypeError, AttributeError):
        raise UnclearTime(f"{text[:100]!a} is not a valid time: {_remedy()}") from None
    if len(times) > 1:
        raise UnclearTime(f"{text[:100]!a} may mean several days: {_remedy()}")
    return times.pop()


def _fixed(offset: str, text: str) -> tzinfo:
    digits = offset[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    if delta > _FARTHEST or int(minutes) > 59:
        raise UnclearTime(f"{text[:100]!a} is not a valid time, {offset} is no offset: {_remedy()}")
    return timezone(-delta if offset[0] == "-" else delta)


def _named(local: datetime, name: str, zone: tzinfo | None) -> datetime:
    """Return a time in the zone that a name or an abbreviation means. Raises UnclearTime."""
    if zone is not None:
        for fold in (0, 1):
            here = local.replace(tzinfo=zone, fold=fold)
            if here.tzname() == name:
                return here
    if "/" in name:
        if name not in _zones():
            raise UnclearTime(f"no time zone is called {name[:50]!a}: {_remedy()}")
        return _in_zone(local, zoneinfo.ZoneInfo(name), name)
    offsets = set(abbreviations(local.year).get(name, ()))
    if name in _zones():  # CET in summer is a zone where it is CEST
        offsets.add(_in_zone(local, zoneinfo.ZoneInfo(name), name).utcoffset() or timedelta())
    if not offsets:
        raise UnclearTime(f"no time zone is called {name[:50]!a}: {_remedy()}")
    if len(offsets) > 1:
        shown = ", ".join(_shown(offset) for offset in sorted(offsets))
        raise UnclearTime(
            f"{name} may mean {shown}: {_remedy()}, or name the course's zone in nbgrader_config.py, "
            'as c.Exchange.timezone = "America/Chicago"'
        )
    return local.replace(tzinfo=timezone(offsets.pop()))


@functools.lru_cache(maxsize=8)
def abbreviations(year: int) -> Mapping[str, frozenset[timedelta]]:
    """Return what each abbreviation of a time zone means in a year: the offsets of the places that use it."""
    offsets: dict[str, set[timedelta]] = defaultdict(set)
    days = [datetime(year, month, day, 12) for month in range(1, 13) for day in (1, 15)]
    for key in _zones():
        zone = zoneinfo.ZoneInfo(key)
        for day in days:
            local = day.replace(tzinfo=zone)
            name, offset = local.tzname(), local.utcoffset()
            if name and name.isalpha() and offset is not None:
                offsets[name].add(offset)
    return {name: frozenset(several) for name, several in offsets.items()}


def _zones() -> set[str]:
    return zoneinfo.available_timezones() - _NO_PLACES


def _in_zone(local: datetime, zone: tzinfo, name: str) -> datetime:
    """Return a local time in a zone. Raises UnclearTime for one that clocks show twice there, or never."""
    time = local.replace(tzinfo=zone)
    if time.utcoffset() != time.replace(fold=1).utcoffset():
        raise UnclearTime(f"clocks are changed at {local:%Y-%m-%d %H:%M} in {name[:50]}: {_remedy()}")
    return time


def _in_utc(time: datetime, text: str) -> datetime:
    try:
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnclearTime(f"{text[:100]!a} is not a valid time: {_remedy()}") from None


def _shown(offset: timedelta) -> str:
    return datetime(2000, 1, 2, tzinfo=timezone(offset)).strftime("%z")


def _remedy() -> str:
    return "write it with its offset, as 2026-11-20 18:30:00 +0100"
