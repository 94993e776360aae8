"""Content-Security-Policies of pages: what a browser refuses, should cleaning ever miss something."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from functools import lru_cache
from pathlib import Path

import nbgrader

FEEDBACK = {
    "default-src": "'none'",
    "img-src": "data:",
    "style-src": "'unsafe-inline'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
"""no script, and nothing from elsewhere"""
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_FONT = re.compile(r"@font-face\s*\{[^}]*\}")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
# Formgrader's script waits for MathJax before it shows the field to fill in; here formulas are there at once.
_NO_MATHJAX = """<script>
var MathJax = {Hub: {Startup: {signal: {Interest: function (told) { setTimeout(told, 0, "End"); }}}}};
</script>
"""
_MATHJAX = re.compile(r"""<script\s[^>]*(?:src="https?:|type="text/x-mathjax-config")""", re.IGNORECASE)


def head_of_feedback(head: str) -> str:
    """Return the head of nbgrader's feedback page, the policy first, without its scripts and fonts."""
    return _with_policy(_FONT.sub("", _SCRIPT.sub("", head)), FEEDBACK)


def head_of_formgrader(head: str) -> str:
    """Return the head of Formgrader's page of a submission, with a policy for nbgrader's scripts alone.

    `head` has nothing that a student wrote: its scripts get a word that is new each time.
    """
    head = _SCRIPT.sub(lambda match: "" if _MATHJAX.match(match[0]) else match[0], head)
    head = head.replace("</head>", f"{_NO_MATHJAX}</head>")
    nonce = secrets.token_urlsafe(16)
    policy = FEEDBACK | {
        "script-src": f"'nonce-{nonce}' 'unsafe-hashes' {' '.join(_hashes())}",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self'",
        "connect-src": "'self'",
    }
    return _with_policy(re.sub(r"<script\b", f'<script nonce="{nonce}"', head), policy)


def _with_policy(head: str, policy: dict[str, str]) -> str:
    content = "; ".join(f"{name} {values}" for name, values in policy.items())
    first = (
        f'<meta http-equiv="Content-Security-Policy" content="{content}" />'
        '<meta name="referrer" content="no-referrer" />'
    )
    return _HEAD.sub(lambda match: match[0] + first, head, count=1)


@lru_cache(maxsize=1)
def _hashes() -> tuple[str, ...]:
    """Return the hashes of the scripts that nbgrader's template has in the body of the page."""
    templates = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    macros = (templates / "formgrade" / "formgrade_macros.html.j2").read_text(encoding="utf-8")
    body = macros.split("{% macro nav(resources) %}")[1]
    scripts = re.findall(r'\sonclick="([^"]*)"', body)
    scripts += re.findall(r"<script[^>]*>(.*?)</script>", body, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in dict.fromkeys(scripts))
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
