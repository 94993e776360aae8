"""A client of a platform's Assignment and Grade Services (LTI Advantage, AGS 2.0).

PyLTI1p3 2.0 of 2022, which has one, works with today's libraries, but waits without limit, asks for the
next page of columns by its address in lower case, and reads the first page of grades only.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from course.grading.errors import LtiError
from course.grading.lti import keys
from course.grading.lti.settings import Settings, require_address
from course.text import printable

_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
_TYPE = "application/vnd.ims.lis."
SCOPES = tuple(_SCOPE + name for name in ("lineitem", "result.readonly", "score"))
RETRIES = Retry(
    3,
    allowed_methods=("GET", "POST"),  # who posts a score twice has one
    status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=0.5,
    raise_on_status=False,
    respect_retry_after_header=False,  # it may be hours
)
SECONDS = (10, 60)
"""how long to wait for a connection, and for an answer"""
OF_ONE_SCORE = (400, 404, 409, 412, 422)
"""answers with which platforms refuse one user's score, and not all of them"""


class ScoreRefused(LtiError):
    """The platform does not take the score of one user; the message says what it answered."""


class GradeService:
    """The grades of one course at a platform. Every method raises LtiError where the platform refuses."""

    def __init__(self, settings: Settings, lineitems: str) -> None:
        """Read the key; nothing is asked of the platform yet."""
        require_address("the address for grades", lineitems)
        self._settings, self._lineitems = settings, lineitems
        self._key = keys.read_key(settings.key)
        self._once, self._session = requests.Session(), requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
        self._token, self._expires = "", 0.0

    def line_item(self, resource: str, label: str, maximum: float) -> str:
        """Return the address of the column for `resource`; make it, as `label`, where there is none."""
        query = urlencode({"resource_id": resource})
        address = f"{self._lineitems}{'&' if urlsplit(self._lineitems).query else '?'}{query}"
        for item in self._pages(address, "v2.lineitemcontainer+json"):
            if item.get("resourceId") == resource:
                return str(item["id"])
        item = {"scoreMaximum": maximum, "label": label, "resourceId": resource}
        # once: a second attempt could make a second column
        return str(self._ask("POST", self._lineitems, "v2.lineitem+json", item, self._once)["id"])

    def results(self, line_item: str) -> dict[str, float]:
        """Return what part of the points each user of the platform has, for those who have a grade."""
        return {
            str(result["userId"]): result["resultScore"] / (result.get("resultMaximum") or 1)
            for result in self._pages(_below(line_item, "results"), "v2.resultcontainer+json")
            if result.get("resultScore") is not None
        }

    def send(self, line_item: str, score: Mapping[str, Any]) -> None:
        """Send one user's score. Raises ScoreRefused where others may still be taken."""
        self._ask("POST", _below(line_item, "scores"), "v1.score+json", score)

    def _pages(self, address: str, kind: str) -> Iterator[dict[str, Any]]:
        following: str | None = address
        while following:
            answer = self._request("GET", following, headers=self._headers(following, Accept=_TYPE + kind))
            yield from _read(answer)
            following = answer.links.get("next", {}).get("url")

    def _ask(
        self, method: str, address: str, kind: str, body: Any, session: requests.Session | None = None
    ) -> Any:
        headers = self._headers(address, **{"Content-Type": _TYPE + kind})
        return _read(self._request(method, address, session, data=json.dumps(body), headers=headers))

    def _headers(self, address: str, **headers: str) -> dict[str, str]:
        """Return what goes to an address: with the token, which is for the server of the grades alone."""
        if _server(address) != _server(self._lineitems):
            raise LtiError(
                f"the platform leads to {printable(address, 200)}, which is not on the server of "
                f"{self._lineitems}: nothing was sent there; the platform has to know its own address"
            )
        if time.monotonic() > self._expires - 60:
            answer = _read(self._request("POST", self._settings.token_url, data=self._token_request()))
            self._token = answer["access_token"]
            self._expires = time.monotonic() + float(answer.get("expires_in", 3600))
        return {"Authorization": f"Bearer {self._token}", **headers}

    def _token_request(self) -> dict[str, str]:
        now, settings = int(time.time()), self._settings
        claims: dict[str, Any] = {
            "iss": settings.client_id,
            "sub": settings.client_id,
            "aud": settings.token_url,
        }
        claims |= {"iat": now, "exp": now + 300, "jti": uuid.uuid4().hex}
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(claims, self._key, "RS256", {"kid": keys.key_id(self._key)}),
            "scope": " ".join(SCOPES),
        }

    def _request(
        self, method: str, address: str, session: requests.Session | None = None, **content: Any
    ) -> requests.Response:
        try:
            answer = (session or self._session).request(method, address, timeout=SECONDS, **content)
        except requests.RequestException as error:
            reason = printable(str(error), 200)
            raise LtiError(f"{address} does not answer ({reason}): try again later") from None
        if answer.ok:
            return answer
        words = f"{answer.status_code} {answer.reason}: {printable(answer.text, 200)}".strip(": ")
        if address.partition("?")[0].endswith("/scores") and answer.status_code in OF_ONE_SCORE:
            raise ScoreRefused(words)
        remedy = (
            "client_id and key have to be those that are registered there; `course lti-key` prints the key"
            if address == self._settings.token_url
            else "the tool needs the right to read and to make columns of grades there"
        )
        raise LtiError(f"the platform refuses {method} {address} ({words}): {remedy}")


def _read(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        words = printable(answer.text, 100)
        raise LtiError(
            f"{answer.url} answers with what is no JSON ({words}): is the address right?"
        ) from None


def _server(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def _below(address: str, name: str) -> str:
    """Return the address of what lies below another one, which may have a query."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))
