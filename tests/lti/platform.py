"""A learning management system on loopback, as far as LTI 1.3 and its grade services go."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from course.grading.lti import keys
from course.grading.lti.launches import CLAIM, ENDPOINT

CLIENT, DEPLOYMENT, CONTEXT = "tool-1", "deployment-1", "course-7"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
# the platform's ids of people
SUBJECTS = {name: f"sub-{name}" for name in ("ida", "ann", "bob", "cid")}
PAGE = 2


@dataclass
class Platform:
    """What it knows, and what it was told."""

    address: str
    key: RSAPrivateKey
    tool: keys.RSAPrivateKey | None = None
    """the key whose public half is registered here"""
    items: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    """all that arrived, in order"""
    failures: deque[int] = field(default_factory=deque)
    """how the next requests for grades are answered"""
    requests: list[str] = field(default_factory=list)

    def claims(self, name: str, nonce: str, **others: Any) -> dict[str, Any]:
        """What the platform says of somebody; `others` instead of what it would say."""
        now = int(time.time())
        return {
            "iss": self.address,
            "aud": CLIENT,
            "sub": SUBJECTS.get(name, f"sub-{name}"),
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}deployment_id": DEPLOYMENT,
            f"{CLAIM}target_link_uri": "http://hub/",
            f"{CLAIM}resource_link": {"id": "link-1"},
            f"{CLAIM}context": {"id": CONTEXT, "label": "MLP"},
            f"{CLAIM}roles": [f"{ROLE}Instructor" if name == "ida" else f"{ROLE}Learner"],
            f"{CLAIM}custom": {"username": name},
            ENDPOINT: {
                "scope": [f"{AGS}lineitem", f"{AGS}score", f"{AGS}result.readonly"],
                "lineitems": f"{self.address}/{CONTEXT}/lineitems?type_id=1",
            },
            **others,
        }

    def token(self, claims: dict[str, Any], key: RSAPrivateKey | None = None) -> str:
        return jwt.encode(claims, key or self.key, "RS256", {"kid": "platform-1"})

    def write_settings(self, folder: Path, **others: str) -> Path:
        """Write the file that Hub and grader read."""
        settings = {
            "issuer": self.address,
            "client_id": CLIENT,
            "deployment": DEPLOYMENT,
            "context": CONTEXT,
            "authorize_url": f"{self.address}/authorize",
            "jwks_url": f"{self.address}/jwks",
            "token_url": f"{self.address}/token",
            "key": "lti-key.pem",
            "launches": "launches.json",
            **others,
        }
        path = folder / "lti.toml"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
        return path

    def results(self, item: str) -> list[dict[str, Any]]:
        latest = {score["userId"]: score for score in self.scores if score["item"] == item}
        return [
            {"userId": user, "resultScore": score["scoreGiven"], "resultMaximum": score["scoreMaximum"]}
            for user, score in latest.items()
            if "scoreGiven" in score
        ]


class Handler(BaseHTTPRequestHandler):
    platform: ClassVar[Platform]

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/jwks":
            jwk = RSAAlgorithm.to_jwk(self.platform.key.public_key(), as_dict=True)
            self.answer(200, {"keys": [{**jwk, "kid": "platform-1", "alg": "RS256", "use": "sig"}]})
        elif parts.path == "/authorize":
            claims = self.platform.claims(query["login_hint"], query["nonce"])
            self.answer(200, {"id_token": self.platform.token(claims), "state": query["state"]})
        elif self.may("lineitem" if "results" not in parts.path else "result.readonly"):
            if parts.path.endswith("/results"):
                all_of_it = self.platform.results(parts.path.removesuffix("/results"))
            else:
                all_of_it = self.platform.items
            start = int(query.get("from", 0))
            following = f"{self.platform.address}{parts.path}?type_id=1&from={start + PAGE}&Case=Kept"
            link = {"Link": f'<{following}>; rel="next"'} if start + PAGE < len(all_of_it) else {}
            assert start == 0 or query["Case"] == "Kept"
            self.answer(200, all_of_it[start : start + PAGE], **link)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parts = urlsplit(self.path)
        if parts.path == "/token":
            self.hand_out_token({name: values[0] for name, values in parse_qs(body).items()})
        elif parts.path.endswith("/scores") and self.may("score"):
            score = json.loads(body)
            if score["userId"] not in SUBJECTS.values():
                self.answer(422, {"errors": "User not found in course or is not a student"})
                return
            assert self.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
            assert {"activityProgress", "gradingProgress", "timestamp"} <= score.keys()
            self.platform.scores.append({"item": parts.path.removesuffix("/scores"), **score})
            self.answer(200, b"")
        elif parts.path.endswith("/lineitems") and self.may("lineitem"):
            assert self.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
            number = len(self.platform.items) + 1
            address = f"{self.platform.address}/{CONTEXT}/lineitems/{number}/lineitem?type_id=1"
            self.platform.items.append({"id": address, **json.loads(body)})
            self.answer(201, self.platform.items[-1])
        elif parts.path == "/page":
            self.answer(200, b"<title>Sign in</title>")

    def hand_out_token(self, form: dict[str, str]) -> None:
        try:
            assert self.platform.tool is not None
            assert form["grant_type"] == "client_credentials"
            claims = jwt.decode(
                form["client_assertion"],
                self.platform.tool.public_key(),
                ["RS256"],
                audience=f"{self.platform.address}/token",
                options={"require": ["iat", "exp", "jti"]},
            )
            assert claims["iss"] == claims["sub"] == CLIENT
        except (jwt.InvalidTokenError, AssertionError):
            self.answer(400, {"error": "invalid_client"})
        else:
            self.answer(200, {"access_token": form["scope"], "token_type": "Bearer", "expires_in": 3600})

    def may(self, scope: str) -> bool:
        """Answer, where the next answer is to be a failure, or the token does not have the scope."""
        self.platform.requests.append(f"{self.command} {self.path}")
        failure = self.platform.failures.popleft() if self.platform.failures else 0
        if not failure and f"{AGS}{scope}" not in self.headers["Authorization"].split()[1:]:
            failure = 401
        if failure:
            self.answer(failure, {"error": HTTPStatus(failure).phrase})
        return not failure

    def answer(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running() -> Iterator[Platform]:
    """Run a platform, within the block."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    handler = type("OwnHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.platform = Platform(f"http://127.0.0.1:{server.server_port}", key)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield handler.platform
        finally:
            server.shutdown()
            thread.join()
