"""Times are read with their offsets and zones; what may mean several times is refused, with the reason."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.submissions.times import HandIn, UnclearTime, course_zone, parse_time, read_hand_in
from tests.submissions.zones import ZONES

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S.%f ", "%Y-%m-%dT%H:%M:%S ", "%a, %d %b %Y %H:%M:%S "])
def test_a_zone_is_what_it_is_called(zone: str, form: str) -> None:
    local = NOON.astimezone(ZONES[zone]).strftime(form)
    assert parse_time(local + zone) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T12:00:00Z",
        "20261120T120000Z",
        "2026-11-20T12:00:00.000000000Z",
        "2026-11-20 12:00:00",  # as nbgrader writes UTC
        "2026-11-20 12:00:00.000000 UTC",
        "2026-11-20 12:00:00 utc",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T13:00:00,000+0100",
        "2026-11-20 13:00 +01",
        "2026-11-20 13:00 UTC+1",
        "2026-11-20 17:30:00 +05:30",
        "2026-11-20 08:30:00 -0330",
        "2026-11-20 13:00:00 Europe/Berlin",
        "Fri, 20 Nov 2026 13:00:00 +0100",
        "Fri, 20 Nov 2026 13:00:00 +0100 (CET)",
        "Fri, 20 Nov 2026 12:00:00 GMT",
        "Fri Nov 20 13:00:00 CET 2026",
        "Fri Nov 20 01:00:00 PM CET 2026",
        "Fri Nov 20 2026 13:00:00 GMT+0100 (Central European Standard Time)",
        "Friday, 20 November 2026, 1:00 PM +0100",
        "Nov 20, 2026 at 12pm UTC",
        "20/11/2026 13:00 +0100",
        "  2026-11-20   13:00 CET\n",
    ],
)
def test_forms(text: str) -> None:
    assert parse_time(text) == NOON


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-20 17:30:00 IST", "IST may mean +0100, +0200, +0530"),
        ("2026-11-20 06:00:00 CST", "CST may mean -0600, -0500, +0800"),
        ("2026-11-20 04:00:00 PST", "PST may mean -0800, +0800"),
        ("2026-07-20 13:00:00 CET", "CET may mean +0100, +0200"),  # a zone in which it is CEST then
        ("2026-11-20 12:00:00 XYZ", "no time zone is called 'XYZ'"),
        ("2026-11-20 12:00:00 Mars/Olympus", "no time zone is called 'Mars/Olympus'"),
        (
            "2026-11-20 12:00:00 localtime",
            "no time zone is called 'localtime'",
        ),  # the grader's machine has one
        ("2026-10-25 02:30:00 Europe/Berlin", "clocks are changed"),
        ("2026-03-29 02:30:00 Europe/Berlin", "clocks are changed"),
        ("Friday, 20 November 2026, 1:00 PM", "does not say in which time zone"),
        ("Nov 20, 2026 at 1:00pm", "does not say in which time zone"),
        ("01/02/2026 12:00 +0100", "may mean several days"),
        ("26-11-20 12:00 UTC", "may mean several days"),
        ("12:00 UTC", "may mean several days"),
        ("20 Nov 12:00 UTC", "may mean several days"),
        ("2026-11-20", "no date with a time of day"),
        ("20261120", "no date with a time of day"),
        ("10", "no date with a time of day"),
        ("1795176000", "no date with a time of day"),
        ("yesterday, I think", "no date with a time of day"),
        ("2026-11-20 25:00:00 UTC", "not a valid time"),
        ("2026-11-20 12:00:00 +9900", "+9900 is no offset"),
        ("0001-01-01 00:00:00 +1400", "not a valid time"),
        ("9999-12-31 23:59:59 -1200", "not a valid time"),
        ("", "no date with a time of day"),
    ],
)
def test_what_is_not_clear_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnclearTime) as error:
        parse_time(text)
    assert reason in str(error.value)
    assert "write it with its offset, as 2026-11-20 18:30:00 +0100" in str(error.value)


def test_the_courses_zone_tells_what_an_abbreviation_means() -> None:
    text = "2026-11-20 06:00:00 CST"
    assert parse_time(text, ZoneInfo("America/Chicago")) == NOON
    assert parse_time(text, ZoneInfo("Asia/Shanghai")) == NOON - timedelta(hours=14)
    assert parse_time("Friday, 20 November 2026, 1:00 PM", ZoneInfo("Europe/Berlin")) == NOON
    # the hour that clocks show twice
    chicago = course_zone("America/Chicago")
    assert parse_time("2026-11-01 01:30 CDT", chicago) + timedelta(hours=1) == parse_time(
        "2026-11-01 01:30 CST", chicago
    )
    assert course_zone("UTC") is course_zone("Mars/Olympus") is None


@given(st.text())
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(UnclearTime):
        assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_that_any_editor_wrote(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "timestamp.txt").write_text("2026-11-20 13:00:00 +0100\r\n", encoding=encoding)
    assert read_hand_in(tmp_path).time == NOON.replace(tzinfo=None)


def test_no_file_or_an_empty_one_is_no_problem(tmp_path: Path) -> None:
    assert read_hand_in(tmp_path) == HandIn(None, "", is_written=False)
    (tmp_path / "timestamp.txt").touch()
    assert read_hand_in(tmp_path) == HandIn(None, "", is_written=True)
