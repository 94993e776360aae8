"""People who come to the Hub from a learning management system, by LTI 1.3."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import Cookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from requests.cookies import RequestsCookieJar

from course.grading.lti.launches import CLAIM
from tests.helpers import PATIENCE
from tests.hub.conftest import COURSE, Hub, running_hub
from tests.lti.platform import CLIENT, ROLE, Platform, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running() as platform:
        yield platform


@pytest.fixture(scope="module")
def hub(environment, platform, tmp_path_factory) -> Iterator[Hub]:
    tree = tmp_path_factory.mktemp("machine")
    (tree / "lti").mkdir()
    settings = platform.write_settings(tree / "lti")
    with running_hub(environment, tree, "--lti", settings) as hub:
        yield hub


class Cookies(RequestsCookieJar):
    """As a browser's: on loopback it has cookies for secure connections too."""

    def set_cookie(self, cookie: Cookie, *arguments: Any, **others: Any) -> None:
        cookie.secure = False
        super().set_cookie(cookie, *arguments, **others)


def browser() -> requests.Session:
    session = requests.Session()
    session.cookies = Cookies()
    return session


@dataclass
class Arrival:
    """Somebody who has followed the platform's link, up to where the platform says who it is."""

    hub: Hub
    platform: Platform
    name: str
    session: requests.Session = field(default_factory=browser)

    def __post_init__(self) -> None:
        link = {"iss": self.platform.address, "client_id": CLIENT, "login_hint": self.name}
        link |= {"target_link_uri": f"{self.hub.address}/hub/home", "lti_message_hint": "7"}
        answer = self.session.get(
            f"{self.hub.address}/hub/lti13/oauth_login",
            params=link,
            allow_redirects=False,
            timeout=PATIENCE,
        )
        # else a browser leaves them out when the platform's page sends somebody here
        assert answer.headers["Set-Cookie"].count("SameSite=None; Secure") == 2
        self.authorize = answer.headers["Location"]
        self.asked = dict(parse_qsl(urlsplit(self.authorize).query))

    def come(self) -> requests.Response:
        return self.post(self.session.get(self.authorize, timeout=PATIENCE).json())

    def come_with(self, key: Any = None, **claims: Any) -> requests.Response:
        """Come with another token than the platform's."""
        others = {"nonce": self.asked["nonce"], **claims}
        token = self.platform.token(self.platform.claims(self.name, **others), key)
        return self.post({"id_token": token, "state": self.asked["state"]})

    def post(self, form: dict[str, str]) -> requests.Response:
        return self.session.post(self.asked["redirect_uri"], data=form, timeout=PATIENCE)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.hub.address}/{path}", timeout=PATIENCE)


@pytest.mark.parametrize(("name", "kind", "status"), [("ida", "formgrade", 200), ("ann", "nbgrader", 403)])
def test_who_arrives_is_the_right_user(
    hub: Hub, platform: Platform, name: str, kind: str, status: int
) -> None:
    arrival = Arrival(hub, platform, name)
    assert arrival.asked["response_type"] == "id_token"
    assert arrival.come().url == f"{hub.address}/hub/home"
    user = arrival.get("hub/api/user").json()
    assert (user["name"], user["groups"]) == (name, [f"{kind}-{COURSE}"])
    assert arrival.get(f"services/{COURSE}/formgrader").status_code == status
    record = hub.tree / "lti" / "launches.json"
    launches = json.loads(record.read_text())
    assert launches["subjects"][name] == f"sub-{name}"
    assert launches["lineitems"].startswith(f"{platform.address}/course-7/lineitems")
    state = record.stat()
    assert (state.st_mode & 0o777, state.st_gid) == (0o640, (hub.tree / "home" / "grader").stat().st_gid)


@pytest.mark.parametrize(
    ("claims", "status", "words"),
    [
        ({"nonce": "another"}, 400, "nonce mismatch"),
        ({"aud": "another"}, 401, "Audience"),
        ({"iss": "https://another"}, 400, "issuer"),
        ({"exp": int(time.time()) - 60}, 400, "expired"),
        ({"iat": int(time.time()) - 3600}, 400, "too long ago"),
        ({f"{CLAIM}context": {"id": "course-8"}}, 403, "in the platform&#39;s course course-8"),
        ({f"{CLAIM}roles": [f"{ROLE}Mentor"]}, 403, "neither teaches nor learns"),
        ({f"{CLAIM}custom": {}}, 403, "username=$User.username"),
        ({f"{CLAIM}custom": {"username": "zoe"}}, 403, "useradd --create-home zoe"),
        ({f"{CLAIM}custom": {"username": "root"}}, 403, "root is an account of this machine"),
        ({f"{CLAIM}custom": {"username": "Grader"}}, 403, "grader is an account of this machine"),
    ],
)
def test_a_bad_launch_is_refused(
    hub: Hub, platform: Platform, claims: dict[str, Any], status: int, words: str
) -> None:
    arrival = Arrival(hub, platform, "bob")
    answer = arrival.come_with(**claims)
    assert answer.status_code == status
    assert words in answer.text
    assert arrival.get("hub/api/user").status_code == 403


def test_a_launch_that_another_signed_is_refused(hub: Hub, platform: Platform) -> None:
    arrival = Arrival(hub, platform, "bob")
    key = generate_private_key(public_exponent=65537, key_size=2048)
    answer = arrival.come_with(key)
    assert answer.status_code == 400
    assert "Signature verification failed" in answer.text
    assert arrival.get("hub/api/user").status_code == 403


def test_a_launch_counts_once_and_for_its_browser(hub: Hub, platform: Platform) -> None:
    arrival = Arrival(hub, platform, "bob")
    form = arrival.session.get(arrival.authorize, timeout=PATIENCE).json()
    other = Arrival(hub, platform, "bob")
    assert other.post(form).status_code == 400
    assert arrival.post(form).ok
    assert arrival.post(form).status_code == 400
