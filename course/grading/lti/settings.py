"""Reads the file that tells how a Hub and a learning management system, the platform, know each other."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from course.grading.errors import LtiError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """What a platform shows when a tool is registered there, and the tool's own files."""

    issuer: str
    client_id: str
    authorize_url: str
    """where the platform signs a user in"""
    jwks_url: str
    """the platform's public keys"""
    token_url: str
    """where the platform hands out tokens for its services"""
    key: Path
    """the tool's private key"""
    launches: Path
    """where the Hub records who arrived, for `course lti-grades`"""
    deployment: str = ""
    context: str = ""
    """the platform's id of the course: who arrives from another one is nobody here"""


def read_settings(path: Path) -> Settings:
    """Read the settings in a file; paths in it are relative to its folder. Raises LtiError."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise LtiError(
            f"{path} cannot be read: {error.strerror}; docs/jupyterhub.md says what it holds"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LtiError(f"{path} is not in TOML: {error}") from None
    names = [field.name for field in fields(Settings)]
    for name in [*table, *names]:
        if name not in names:
            raise LtiError(f"{path}: there is no setting {name}; there are {', '.join(names)}")
        if name not in table and name not in ("deployment", "context"):
            raise LtiError(f"{path} does not say {name}; docs/jupyterhub.md says what it is")
        if name in table and not (isinstance(table[name], str) and table[name]):
            raise LtiError(f'{path}: {name} has to be a text in quotes, as {name} = "…"')
        if name.endswith("_url"):
            require_address(f"{path}: {name}", table[name])
    for name in ("key", "launches"):
        table[name] = path.parent / table[name]
    return Settings(**table)


def require_address(name: str, address: str) -> None:
    """Raise LtiError unless only the addressed server, or this machine, can read what is sent there."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise LtiError(f"{name} has to begin with https://, and is {address}")
