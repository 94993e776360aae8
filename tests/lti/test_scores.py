"""Grades go back to the platform: as they are in the gradebook, each once, and only when asked to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.errors import LtiError
from course.grading.gradebook import history
from course.grading.gradebook.history import Grading
from course.grading.lti import launches
from course.grading.lti.launches import Launch
from course.grading.lti.scores import Sending, lti_grades
from tests.helpers import course
from tests.lms.refusals import refused
from tests.lti.conftest import lineitems
from tests.lti.platform import CONTEXT, Platform, running
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

SEND = ("lti-grades", "small", "--settings", "lti.toml", "--send")
ITEM = f"/{CONTEXT}/lineitems/1/lineitem"


def send(root: Path) -> Sending:
    return lti_grades(root, "small", root / "lti.toml", send=True)


@pytest.mark.slow
def test_scores_arrive_to_the_point(root: Path, platform: Platform) -> None:
    sending = send(root)
    (item,) = platform.items
    assert (item["label"], item["scoreMaximum"]) == ("small", 3)
    assert item["resourceId"] == f"{COURSE_ID}/small"
    there = {
        score["userId"]: (score.get("scoreGiven"), score.get("scoreMaximum"), score["gradingProgress"])
        for score in platform.scores
    }
    assert there == {
        "sub-ann": (3, 3, "FullyGraded"),
        "sub-bob": (1.5, 3, "FullyGraded"),
        "sub-cid": (None, None, "PendingManual"),
    }
    assert {score["item"] for score in platform.scores} == {ITEM}
    assert sending.lines == [
        "small: 3 sent, 1 of them without a score yet, 0 there already",
        "not sent, since they never came to the Hub from the platform: zoe",
    ]
    assert sending.is_complete


@pytest.mark.slow
def test_sending_again_sends_what_differs(root: Path, platform: Platform) -> None:
    # a full page of other columns before ours, and of other grades
    platform.items += [{"id": f"{platform.address}/x", "resourceId": f"other-{n}"} for n in range(3)]
    send(root)
    number = len(platform.scores)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("test_half", "small", "small", "cid")
        grade.manual_score, grade.needs_manual_grade = 1.25, False
        gradebook.db.commit()
    sending = send(root)
    assert [(score["userId"], score["scoreGiven"]) for score in platform.scores[number:]] == [
        ("sub-cid", 2.25)
    ]
    assert sending.lines[0] == "small: 1 sent, 0 of them without a score yet, 2 there already"
    assert len(platform.items) == 4
    assert send(root).lines[0] == "small: 0 sent, 0 of them without a score yet, 3 there already"
    assert len(platform.scores) == number + 1


@pytest.mark.slow
def test_without_send_nothing_is_asked_of_the_platform(root: Path, platform: Platform) -> None:
    result = course("lti-grades", "small", "--settings", "lti.toml", cwd=root)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        f"would be sent to {platform.address}:",
        "  ann: 3 of 3, FullyGraded",
        "  bob: 1.5 of 3, FullyGraded",
        "  cid: no score yet, PendingManual: test_half wait for grading",
        "not sent, since they never came to the Hub from the platform: zoe",
        "nothing was sent: --send does it",
    ]
    assert platform.requests == []


@pytest.mark.slow
def test_a_failure_of_the_grader_overwrites_no_score(root: Path, platform: Platform) -> None:
    send(root)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        history.create_in(gradebook)
        who = ("small", "ann", "small")
        failed = Grading(*who, "", "", "", "", 1, "infrastructure-error", 0.0, problem="No room.")
        history.append(gradebook.db, failed)
        gradebook.find_grade("test_half", "small", "small", "ann").auto_score = 0
        gradebook.db.commit()
    sending = send(root)
    assert "not sent, since the last grading failed for no fault of theirs: ann;" in sending.lines[1]
    given = [score.get("scoreGiven") for score in platform.scores if score["userId"] == "sub-ann"]
    assert given == [3]


@pytest.mark.slow
def test_who_is_unknown_to_the_platform_is_named_and_the_others_arrive(
    root: Path, platform: Platform
) -> None:
    rename(root, "sub-bob", "sub-gone")
    result = course(*SEND, cwd=root)
    assert result.returncode == 1
    assert result.stdout.splitlines()[1].startswith("the platform does not take the scores of bob (422 ")
    assert [score["userId"] for score in platform.scores] == ["sub-ann", "sub-cid"]


def rename(root: Path, old: str, new: str) -> None:
    path = root / "launches.json"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.slow
def test_one_user_of_the_platform_gets_no_two_scores(root: Path, platform: Platform) -> None:
    again = Launch("zoe", "sub-ann", False, lineitems(platform))  # ann, renamed at the platform
    launches.record(root / "launches.json", again, os.getgid())
    sending = send(root)
    assert {score["userId"] for score in platform.scores} == {"sub-bob", "sub-cid"}
    assert "not sent, since they are one user of the platform: ann, zoe;" in sending.lines[1]


@pytest.mark.slow
def test_the_token_goes_to_no_other_server(root: Path, platform: Platform) -> None:
    with running() as other:
        other.tool = platform.tool
        item = {"id": f"{other.address}{ITEM}", "resourceId": f"{COURSE_ID}/small"}
        platform.items.append(item)
        with pytest.raises(LtiError, match="not on the server of"):
            send(root)
        assert other.requests == []


@pytest.mark.slow
def test_grades_go_over_no_open_line(root: Path) -> None:
    path = root / "launches.json"
    path.write_text('{"lineitems": "http://lms.example.edu/items", "subjects": {}}')
    with pytest.raises(LtiError, match="has to begin with https://"):
        send(root)


@pytest.mark.slow
def test_busy_platforms_are_asked_again(root: Path, platform: Platform) -> None:
    # columns, the new column, grades, then the first score
    platform.failures += [503, 0, 0, 0, 502]
    assert send(root).lines[0].startswith("small: 3 sent")
    assert len(platform.scores) == 3


@pytest.mark.slow
def test_a_column_is_asked_for_once(root: Path, platform: Platform) -> None:
    """A second attempt could make a second one."""
    platform.failures += [0, 503]
    with pytest.raises(LtiError, match=r"refuses POST .*/lineitems.* \(503 "):
        send(root)
    assert len(platform.requests) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failures", "words"),
    [
        ([403], "refuses GET {address}/course-7/lineitems?type_id=1&resource_id="),
        ([0, 403], "the tool needs the right to read and to make columns of grades there"),
        ([0, 0, 0, 0, 403], "; 1 of 3 scores were sent before"),
    ],
)
def test_a_refusal_is_told(root: Path, platform: Platform, failures: list[int], words: str) -> None:
    platform.failures += failures
    with pytest.raises(LtiError) as caught:
        send(root)
    assert words.format(address=platform.address) in str(caught.value)


@pytest.mark.slow
def test_a_refusal_is_one_line(root: Path, platform: Platform) -> None:
    platform.failures += [403]
    refused(root, *SEND, words="(403 Forbidden: ")


@pytest.mark.slow
def test_another_key_is_told(root: Path, platform: Platform) -> None:
    platform.tool = platform.key
    with pytest.raises(LtiError, match=r"/token \(400 .*invalid_client.*`course lti-key` prints the key"):
        send(root)


@pytest.mark.slow
def test_what_is_no_json_is_told(root: Path, platform: Platform) -> None:
    platform.write_settings(root, token_url=f"{platform.address}/page")
    with pytest.raises(LtiError, match=r"no JSON \(<title>Sign in</title>\): is the address right\?"):
        send(root)


@pytest.mark.slow
def test_a_platform_that_offers_no_grades_is_told(root: Path) -> None:
    (root / "launches.json").write_text('{"lineitems": "", "subjects": {}}')
    with pytest.raises(LtiError, match="follow its link to the Hub once"):
        send(root)


@pytest.mark.slow
def test_the_key_is_made_once_and_for_its_owner_alone(root: Path) -> None:
    (root / "lti-key.pem").unlink()
    results = [course("lti-key", "lti-key.pem", cwd=root) for _ in range(2)]
    assert results[0].stdout == results[1].stdout
    assert "-----BEGIN PUBLIC KEY-----" in results[0].stdout
    assert '"kid": "' in results[0].stdout
    assert "PRIVATE" not in results[0].stdout
    (root / "lti-key.pem").chmod(0o640)
    refused(root, *SEND, words="others can read the private key")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('client = "x"', "there is no setting client;"),
        ("client_id = 7", "client_id has to be a text in quotes"),
        ('token_url = "http://lms.example.edu/token"', "token_url has to begin with https://"),
        ("client_id", "is not in TOML"),
    ],
)
def test_settings_with_a_mistake_are_told_in_a_line(root: Path, line: str, words: str) -> None:
    path = root / "lti.toml"
    name = line.split(" ")[0]
    kept = [other for other in path.read_text().splitlines() if not other.startswith(f"{name} ")]
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(LtiError) as caught:
        lti_grades(root, "small", path, send=False)
    assert words in str(caught.value)
