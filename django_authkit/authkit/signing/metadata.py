"""Metadata of the issuer (RFC 8414), by which a service that knows only ``iss`` finds the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from authkit.signing.simple_jwt import setting

#: Where an issuer may have http: during development.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def issuer_metadata(well_known_path: str, jwks_path: str) -> Mapping[str, Any] | None:
    """Return the metadata; None where the issuer has none at this path.

    Only what is true is in it. The grants of OAuth are not spoken here, and what introspects and
    revokes takes JSON instead of the forms of RFC 7662 and 7009.

    :param well_known_path: what comes after the well-known URI: the path of the issuer, which may
        be empty (RFC 8414 section 3.1).
    :param jwks_path: the absolute path of the JWK Set.
    """
    issuer = setting("ISSUER")
    url = _issuer_url(issuer)
    if url is None or unquote(url.path).rstrip("/") != well_known_path:
        return None
    return {
        "issuer": issuer,
        # On the host that the setting names: the Host header is the client's choice.
        "jwks_uri": f"{url.scheme}://{url.netloc}{jwks_path}",
        # Empty although RFC 8414 section 3.2 omits what is empty: the one is required, and the
        # default of the other is two grants.
        "response_types_supported": [],
        "grant_types_supported": [],
    }


def _issuer_url(issuer: object) -> SplitResult | None:
    """Return the URL of an issuer that can have metadata (RFC 8414 section 2); None of others."""
    if not isinstance(issuer, str) or set("?#@").intersection(issuer):
        return None
    try:
        url = urlsplit(issuer)
    except ValueError:
        return None
    if not url.hostname:
        return None
    is_protected = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
    return url if is_protected else None
