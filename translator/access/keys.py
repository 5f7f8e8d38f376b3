"""Keys: what they look like, and what a server keeps of them."""

import hashlib
import secrets

__all__ = ["PREFIX", "digest", "new_key"]

PREFIX = "tk_"
_NUM_BYTES = 32


def new_key() -> str:
    """A key that nobody can guess: ``tk_`` and 32 random bytes."""
    return PREFIX + secrets.token_urlsafe(_NUM_BYTES)


def digest(key: str) -> str:
    """What is kept of a key: its SHA-256, in hexadecimal.

    A key is random, so a quick digest is enough: there is nothing to guess from a list.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
