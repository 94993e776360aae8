"""The tool's key, with which it proves to the platform who it is."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from course.grading.errors import LtiError


def make_key(path: Path) -> None:
    """Make a private key, which only its owner may read; one that is there stays. Raises LtiError."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise LtiError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)


def read_key(path: Path) -> RSAPrivateKey:
    """Return the private key in a file that nobody else may read. Raises LtiError."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise LtiError(f"others can read the private key {path}", f"chmod go= {shlex.quote(str(path))}")
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise LtiError(
            f"the private key {path} cannot be read: {error.strerror}",
            f"course lti-key {shlex.quote(str(path))}",
        ) from None
    except (ValueError, TypeError) as error:
        raise LtiError(f"{path} is not a private key in PEM without a password: {error}") from None
    if not isinstance(key, RSAPrivateKey):
        raise LtiError(f"{path} is not an RSA key, which LTI asks for")
    return key


def key_id(key: RSAPrivateKey) -> str:
    """Return the name by which a platform finds the public key."""
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(public).hexdigest()[:16]


def public_key(key: RSAPrivateKey) -> str:
    """Return the public key in PEM, as Moodle takes it."""
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode()


def public_jwk(key: RSAPrivateKey) -> str:
    """Return the public key as a JSON Web Key, as Canvas takes it."""
    jwk = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    del jwk["key_ops"]  # RFC 7517: not beside "use"
    return json.dumps({**jwk, "kid": key_id(key), "alg": "RS256", "use": "sig"})
