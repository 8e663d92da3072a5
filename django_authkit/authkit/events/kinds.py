"""What can happen, and what may be said of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, TypedDict
from uuid import UUID

#: Every kind of event, with its name in the OWASP logging vocabulary.
KINDS: Mapping[str, str] = {
    "session_started": "authn_login_success",
    "session_ended": "authn_token_revoked",
    "login_failed": "authn_login_fail",
    "too_many_attempts": "authn_login_fail_max",
    "account_locked": "authn_login_lock",
    "account_unlocked": "authn_login_unlock",
    "reauthenticated": "authn_login_success",
    "reauthentication_failed": "authn_login_fail",
    "token_reused": "authn_token_reuse",
    "password_changed": "authn_password_change",
    "password_change_failed": "authn_password_change_fail",
    "password_reset": "authn_password_change",
    "password_reset_requested": "authn_password_change",
    "password_reset_failed": "authn_password_change_fail",
    "password_reset_limited": "excess_rate_limit_exceeded",
    "password_reset_unconfigured": "sys_crash",
    "second_factor_enabled": "user_updated",
    "second_factor_disabled": "user_updated",
    "second_factor_disable_failed": "authn_login_fail",
    "second_factor_used": "authn_login_success",
    "second_factor_failed": "authn_login_fail",
    "second_factor_unavailable": "sys_crash",
    "recovery_codes_replaced": "user_updated",
    "api_key_created": "authn_token_created",
    "api_key_changed": "user_updated",
    "api_key_rotated": "authn_token_created",
    "api_key_revoked": "authn_token_revoked",
    "api_key_refused": "authz_fail",
    "account_registered": "user_created",
    "email_verified": "user_updated",
    "email_change_requested": "user_updated",
    "email_changed": "user_updated",
    "email_change_undone": "user_updated",
    "profile_changed": "user_updated",
    "account_deleted": "user_deleted",
    "account_deletion_failed": "authn_login_fail",
    "credential_in_url": "input_validation_fail",
    "mail_failed": "sys_crash",
}

#: What strangers, and programs that have been forgotten, can do for ever: of each kind, no more
#: than so many from one network are kept in so much time. The log has them all.
FLOODABLE: Collection[str] = {
    "login_failed",
    "too_many_attempts",
    "account_locked",
    "second_factor_unavailable",
    "api_key_refused",
    "password_reset_requested",
    "password_reset_failed",
}
MAX_KEPT = 100
KEPT_PERIOD = timedelta(hours=1)


class Facts(TypedDict, total=False):
    """All that may stand in an event beside who, where and when. Never a secret, never long."""

    #: ``"totp"`` or ``"recovery_code"``.
    method: str
    #: How the user has proved who they are (RFC 8176).
    amr: Collection[str]
    #: One word of ours, such as ``"log_out"``.
    reason: str
    api_key: UUID
    scopes: Collection[str]
    #: The names of what was changed.
    changed: Collection[str]
    #: Who did it to the user: the primary key of an administrator.
    actor: Any
    #: Why, in the administrator's words.
    note: str | None
