"""A trace of tokens that are malformed, forged or of the wrong kind (ASVS 5.0, 16.3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from authkit.core.http.client import Client
from authkit.core.http.security_log import note_counted
from authkit.errors import TokenInvalid


def note_forgery(error: TokenInvalid, client: Client) -> None:
    """Log a rejected token, never the token itself; one that ended or expired is no forgery."""
    if type(error) is TokenInvalid:
        note_counted("token_rejected", client)


@contextmanager
def forgeries_noted(client: Client) -> Iterator[None]:
    try:
        yield
    except TokenInvalid as error:
        note_forgery(error, client)
        raise
