from __future__ import annotations

import logging
from collections.abc import Sequence

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from authkit.core.client import client_of
from authkit.core.security_log import record
from authkit.core.users import AuthUser
from authkit.errors import AttemptsExceeded, InvalidCredentials
from authkit.login.axes import take_lockout
from authkit.sessions.flows import TokenPair, keep_sessions, start_session
from authkit.sessions.replaced_hash import watch_replaced_hashes


def log_in(request: HttpRequest, username: str, password: str) -> TokenPair:
    """Log in with a password, which every configured backend may judge.

    :raises InvalidCredentials: no backend took them, whatever the reason.
    :raises AttemptsExceeded: django-axes has locked this client or account out.
    """
    user = _authenticate(request, username, password)
    return complete_login(request, user, methods=["pwd"])


def complete_login(request: HttpRequest, user: AuthUser, *, methods: Sequence[str]) -> TokenPair:
    """Give a session to a user who has proved who they are: the one way to get one.

    A project's own way of logging in (a social login, a magic link) ends here too.

    :param methods: how the user did it, in the values of RFC 8176, e.g. ``["pwd"]``.
    :raises InvalidCredentials: the account is not active.
    """
    if not user.is_active:
        record("login_failed", level=logging.WARNING, user=user.pk, ip=client_of(request).ip)
        raise InvalidCredentials
    pair = start_session(user, client_of(request), methods)
    user_logged_in.send(sender=type(user), request=request, user=user)
    return pair


def _authenticate(request: HttpRequest, username: str, password: str) -> AuthUser:
    with watch_replaced_hashes() as replaced:
        # "username" whatever USERNAME_FIELD is called, as Django's own log-in form does:
        # backends for LDAP, among others, know no other name.
        user = authenticate(request=request, username=username, password=password)
    if user is None:
        record("login_failed", level=logging.WARNING, ip=client_of(request).ip)
        raise _refusal(request)
    keep_sessions(user, replaced)
    return user


def _refusal(request: HttpRequest) -> InvalidCredentials | AttemptsExceeded:
    wait = take_lockout(request)
    return InvalidCredentials() if wait is None else AttemptsExceeded(wait)
