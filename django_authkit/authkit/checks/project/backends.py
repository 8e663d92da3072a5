"""W026: authentication backends that look as if they checked passwords, and are never asked."""

from __future__ import annotations

from inspect import signature
from typing import Any

from django.contrib.auth import get_backends
from django.core.checks import (  # what Django calls them
    CheckMessage,
    Warning,  # noqa: A004
)

from authkit.checks.project.routes import path_of
from authkit.passwords.checking.backends import takes_passwords


def check_backends(**kwargs: Any) -> list[CheckMessage]:
    """Return one warning for each backend that takes a password, and not as Django passes it.

    Django skips it without a word. Backends that take something else altogether, e.g. a token, are
    meant to be skipped.
    """
    return [
        Warning(
            f"{path_of(type(backend))}, in AUTHENTICATION_BACKENDS, is never asked for a password: "
            "its authenticate() cannot be called with username and password.",
            hint=(
                "Write 'def authenticate(self, request, username=None, password=None, **kwargs)'. "
                "The name that a user types is passed as 'username', whatever it is."
            ),
            id="authkit.W026",
        )
        for backend in get_backends()
        if not takes_passwords(backend) and "password" in signature(backend.authenticate).parameters
    ]
