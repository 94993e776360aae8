"""Time zones on both sides of UTC, by their offsets and by the abbreviations that mean only them."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

ZONES: dict[str, tzinfo] = {
    "-1100": timezone(timedelta(hours=-11)),
    "-08:00": timezone(timedelta(hours=-8)),
    "EST": ZoneInfo("America/New_York"),
    "-0330": timezone(-timedelta(hours=3, minutes=30)),
    "UTC": ZoneInfo("UTC"),
    "+0100": timezone(timedelta(hours=1)),
    "CET": ZoneInfo("Europe/Madrid"),
    "EET": ZoneInfo("Europe/Helsinki"),
    "MSK": ZoneInfo("Europe/Moscow"),
    "+05:30": timezone(timedelta(hours=5, minutes=30)),
    "Asia/Kolkata": ZoneInfo("Asia/Kolkata"),
    "JST": ZoneInfo("Asia/Tokyo"),
    "AEDT": ZoneInfo("Australia/Sydney"),
    "NZDT": ZoneInfo("Pacific/Auckland"),
    "+1400": timezone(timedelta(hours=14)),
}
"""as they are in November"""
