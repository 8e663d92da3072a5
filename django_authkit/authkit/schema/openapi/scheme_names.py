"""Scheme names that are derived from class names."""

from __future__ import annotations

import re

ENDINGS = re.compile(r"(Authentication|Authenticator|Auth)$")
LEADING_CAPITALS = re.compile(r"^(?:[A-Z]+(?=[A-Z][a-z])|[A-Z]+$|[A-Z])")


def scheme_name(authenticator: type, *, taken: str = "") -> str:
    """Return a name such as ``tenantKeyAuth`` for ``TenantKeyAuthentication``.

    The package goes in front if the plain name is *taken*.

    >>> scheme_name(type("JWTCookieAuthentication", (), {}))
    'jwtCookieAuth'
    """
    stem = ENDINGS.sub("", authenticator.__name__)
    name = f"{_camel(stem)}Auth" if stem else "auth"
    if name != taken:
        return name
    package = authenticator.__module__.partition(".")[0]
    return f"{_camel(package)}{name[0].upper()}{name[1:]}"


def key_scheme_name(permission: type) -> str:
    """Return a name such as ``apiKey`` for ``HasAPIKey``.

    >>> key_scheme_name(type("HasAPIKey", (), {}))
    'apiKey'
    """
    return _camel(permission.__name__.removeprefix("Has"))


def dotted(cls: type) -> str:
    """Return the full name of a class, as one would import it.

    ``@api_view`` gives its class the name of the function and leaves the qualified name alone.
    """
    outer, dot, _ = cls.__qualname__.rpartition(".")
    return f"{cls.__module__}.{outer}{dot}{cls.__name__}"


def _camel(name: str) -> str:
    return LEADING_CAPITALS.sub(lambda match: match[0].lower(), name)
