"""Security events: the declaration of each kind, and the facts that an event may have.

:func:`authkit.events.flows.record` records them; the table of the documentation is generated
from the declarations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from logging import CRITICAL, ERROR, INFO, WARNING
from typing import Any, NamedTuple, TypedDict
from uuid import UUID


class Kind(NamedTuple):
    """A kind of security event.

    :param owasp: its name in the OWASP Logging Vocabulary Cheat Sheet.
    :param members: the members of its log line besides kind and client, in Markdown.
    :param level: the level of its log line.
    :param floodable: a client can cause it without limit, so at most :data:`MAX_KEPT` of each
        network and account are stored in :data:`KEPT_PERIOD`; those of no account count together.
        So noise about unknown names hides no event of an account. All are logged at their level.
    """

    owasp: str
    members: str
    level: int = INFO
    floodable: bool = False


KINDS: Mapping[str, Kind] = {
    "session_started": Kind("authn_login_success", "`session`, `user`, `amr`"),
    "session_ended": Kind("authn_token_revoked", "`session`, `user`, `reason`"),
    "sessions_ended": Kind(
        "authn_token_revoked", "`user`, `reason`, `count`: several sessions ended at once"
    ),
    "login_failed": Kind("authn_login_fail", "`user`", level=WARNING, floodable=True),
    "too_many_attempts": Kind(
        "authn_login_fail_max",
        "`user`, and `session` if the user was logged in; ten in a window of fifteen minutes",
        level=WARNING,
        floodable=True,
    ),
    "account_locked": Kind(
        "authn_login_lock", "the same; a hundred wrong ones in a row", level=WARNING, floodable=True
    ),
    "account_unlocked": Kind("authn_login_unlock", "`user`"),
    "reauthenticated": Kind(
        "authn_login_success", "`user`, `session`, `amr`: what was proved this time"
    ),
    "reauthentication_failed": Kind("authn_login_fail", "`user`, `session`", level=WARNING),
    "token_reused": Kind("authn_token_reuse", "`session`, `user`", level=CRITICAL),
    "token_replayed": Kind(
        "authn_token_reuse",
        "`session`, `user`; a spent refresh token came back within the grace from the network that "
        "had spent it: a retry, or a copy",
        level=WARNING,
        floodable=True,
    ),
    "password_changed": Kind("authn_password_change", "`user`, `session`"),
    "password_change_failed": Kind(
        "authn_password_change_fail", "`user`, `session`", level=WARNING
    ),
    "first_password_requested": Kind(
        "authn_password_change",
        "`user`, `session`; by an account with neither a password nor a second factor",
        floodable=True,
    ),
    "password_reset": Kind("authn_password_change", "`user`"),
    "password_reset_requested": Kind(
        "authn_password_change", "`user`, if an account has the e-mail", floodable=True
    ),
    "password_reset_failed": Kind("authn_password_change_fail", "", level=WARNING, floodable=True),
    "password_reset_limited": Kind("excess_rate_limit_exceeded", "in the log alone", level=WARNING),
    "password_reset_unconfigured": Kind("sys_crash", "in the log alone", level=ERROR),
    "second_factor_enabled": Kind(
        "user_updated", "`user`, and `session` unless it was in the admin or by a command"
    ),
    "second_factor_disabled": Kind("user_updated", "`user`", level=WARNING),
    "second_factor_disable_failed": Kind("authn_login_fail", "`user`, `session`", level=WARNING),
    "second_factor_used": Kind(
        "authn_login_success",
        "`user`, `method`: `totp`, in the log alone, since what it was for is kept with its `amr`; "
        "or `recovery_code`",
    ),
    "second_factor_failed": Kind("authn_login_fail", "`user`", level=WARNING),
    "second_factor_unavailable": Kind(
        "sys_crash", "`user`; no key opens the secret of the app", level=CRITICAL, floodable=True
    ),
    "recovery_codes_replaced": Kind("user_updated", "`user`"),
    "recovery_codes_removed": Kind(
        "user_updated", "`user`, `reason`: `backup_restored`, `count`", level=WARNING
    ),
    "api_key_created": Kind("authn_token_created", "`user`, `api_key`, `scopes`"),
    "api_key_changed": Kind("user_updated", "`user`, `api_key`, `changed`"),
    "api_key_rotated": Kind("authn_token_created", "`user`, `api_key`"),
    "api_key_revoked": Kind(
        "authn_token_revoked",
        "`user`, `api_key`, and `reason` if it was `backup_restored`",
    ),
    "api_key_refused": Kind(
        "authz_fail",
        "`api_key`, `user`, `reason`: `revoked`, `expired`, `owner_inactive` (or missing), "
        "`rate` (it cannot be read) or `network`; the secret was right",
        level=WARNING,
        floodable=True,
    ),
    "account_registered": Kind("user_created", "`user`"),
    "email_verified": Kind("user_updated", "`user`; by the link, or by a new password"),
    "email_change_requested": Kind("user_updated", "`user`, `session`"),
    "email_change_failed": Kind("authn_login_fail", "`user`, `session`", level=WARNING),
    "email_change_stopped": Kind("user_updated", "`user`", level=WARNING),
    "email_changed": Kind("user_updated", "`user`, `session`: the one that requested it"),
    "email_change_undone": Kind("user_updated", "`user`", level=WARNING),
    "profile_changed": Kind(
        "user_updated", "`user`, `changed`: the names of the fields", floodable=True
    ),
    "account_deleted": Kind("user_deleted", "`user`", level=WARNING),
    "account_deletion_requested": Kind(
        "user_updated",
        "`user`, `session`; by an account with neither a password nor a second factor",
        floodable=True,
    ),
    "account_deletion_failed": Kind("authn_login_fail", "`user`, `session`", level=WARNING),
    "step_up_required": Kind(
        "authz_fail", "`user`, `session`; a view wanted a newer or stronger proof", floodable=True
    ),
    "enrolment_required": Kind(
        "authz_fail",
        "`user`, `session`; the session owes a second factor, or the log-in to the admin does, "
        "which has no session",
        floodable=True,
    ),
    "email_unverified": Kind(
        "authz_fail", "`user`, `session`; a view wanted a verified e-mail address", floodable=True
    ),
    "scope_missing": Kind(
        "authz_fail",
        "`user`, `api_key`, `scopes`: those that the key lacks",
        level=WARNING,
        floodable=True,
    ),
    "ticket_refused": Kind(
        "authn_token_reuse",
        "`session` or `api_key`, `user`, `reason`: `spent`, `expired` or `path` (it is for "
        "another); a ticket that came again may be a copy",
        level=WARNING,
        floodable=True,
    ),
    "connection_opened": Kind(
        "authn_login_success",
        "`user`, `session` or `api_key`; a WebSocket or a stream, in the log alone",
    ),
    "connection_refused": Kind(
        "authn_login_fail",
        "`reason`: the code of the refusal; `count`; in the log alone, one line for a client, "
        "reason and minute, whose count includes those left out since the last",
        level=WARNING,
    ),
    "connection_ended": Kind(
        "authn_token_revoked",
        "`user`, `session` or `api_key`, `reason`: `closed` (by the client or the application), "
        "or the code of what ended it, such as `session_ended`; in the log alone",
    ),
    "token_rejected": Kind(
        "authn_login_fail",
        "`count`: tokens that were malformed, forged or of the wrong kind; in the log alone, one "
        "line for a client and minute, whose count includes those left out since the last",
        level=WARNING,
    ),
    "csrf_failed": Kind(
        "malicious_cors",
        "`reason`: `header` or `origin`; `count`; in the log alone, one line for a client, reason "
        "and minute, whose count includes those left out since the last",
        level=WARNING,
    ),
    "credential_in_url": Kind(
        "input_validation_fail",
        "`credential`: the type of the token, or the prefix of the key",
        level=WARNING,
    ),
    "mail_failed": Kind("sys_crash", "`error`: the class of the exception; `mail`", level=ERROR),
    "user_language_failed": Kind(
        "sys_crash",
        '`error`: the class of the exception of `AUTHKIT["USER_LANGUAGE"]`; `LookupError` for a '
        "language that is not in `LANGUAGES`; in the log alone",
        level=ERROR,
    ),
}

MAX_KEPT = 100
KEPT_PERIOD = timedelta(hours=1)


class Facts(TypedDict, total=False):
    """The facts of an event besides user, client and time. They are short and contain no secret."""

    #: ``"totp"`` or ``"recovery_code"``.
    method: str
    #: How the user has proved who they are (RFC 8176).
    amr: Collection[str]
    #: A code of authkit, such as ``"log_out"``.
    reason: str
    #: How many there were.
    count: int
    api_key: UUID
    scopes: Collection[str]
    #: The names of the changed members.
    changed: Collection[str]
    #: The primary key of the administrator who caused it.
    actor: Any
    #: The administrator's reason.
    note: str | None
