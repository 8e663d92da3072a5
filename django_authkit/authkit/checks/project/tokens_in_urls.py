"""W027: authenticators of the project that take access tokens from the URL."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from authkit.checks.project.authenticators import credentials_accepted_by
from authkit.checks.project.routes import path_of, routed_views
from authkit.sessions.access.authentication import JWTAuthentication

#: The names by which a request gives its query.
QUERY = {"GET", "query_params", "QUERY_STRING", "get_full_path", "build_absolute_uri"}


def check_tokens_in_urls(**kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each authenticator of tokens that reads the query of a request."""
    accepted = credentials_accepted_by(routed_views())
    tokens = [one for one in accepted if issubclass(one, JWTAuthentication)]
    return [_warning(one) for one in sorted(tokens, key=path_of) if reads_query(one)]


def reads_query(authenticator: type[JWTAuthentication]) -> bool:
    """Say whether the code that a project adds to an authenticator names the query.

    The code is looked at and not run: what it would do to the database is not known.
    """
    if authenticator.query_parameter:
        return True
    return any(QUERY.intersection(_names(code)) for code in _own_code(authenticator))


def _own_code(authenticator: type) -> Iterator[CodeType]:
    for cls in authenticator.__mro__:
        if cls.__module__.split(".")[0] in ("authkit", "rest_framework", "builtins"):
            continue
        for value in vars(cls).values():
            function = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(function, FunctionType):
                yield function.__code__


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names and the texts of a function, and of those inside of it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _names(constant)


def _warning(authenticator: type) -> CheckMessage:
    return checks.Warning(
        f"{path_of(authenticator)} takes access tokens from the query: URLs are kept in the logs "
        "of servers and proxies, in browser histories, and in the Referer header.",
        hint=(
            "Read tokens from a header. Where a browser can send none, let it ask ticket/ for a "
            "ticket: authkit.authentication.TicketAuthentication takes one from the query of a "
            "stream, and authkit.realtime.AuthkitMiddleware from a WebSocket handshake."
        ),
        id="authkit.W027",
    )
