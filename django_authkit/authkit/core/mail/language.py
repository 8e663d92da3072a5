"""In which language a mail is written: in its reader's, not in that of the request.

The request may be an administrator's, or an attacker's with a stolen session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string

from authkit.conf import conf
from authkit.core.http.security_log import note
from authkit.core.identity.users import AuthUser

#: Mails that presumably the client has asked for, to a mailbox of its own. Where no language of
#: the reader is known, that of the request is the best guess. All others may be warnings.
ANSWERS = frozenset(
    {
        "email_change",
        "email_verification",
        "password_reset",
        "registration",
        "registration_exists",
        "registration_name_taken",
    }
)


def language_for(name: str, reader: AuthUser | None) -> str | None:
    """Return the language of a mail; None, as in Django, where translation is switched off.

    :param reader: the user who gets it; None where there is no account yet.
    """
    known = None if reader is None else _language_of(reader)
    if known:
        return known
    return translation.get_language() if name in ANSWERS else settings.LANGUAGE_CODE


def _language_of(user: AuthUser) -> str | None:
    configured = conf.USER_LANGUAGE
    if configured is None:
        return None
    try:
        ask: Callable[[Any], str | None] = (
            import_string(configured) if isinstance(configured, str) else configured
        )
        code = ask(user)
        return translation.get_supported_language_variant(code) if code else None
    except Exception as error:  # the project's; LookupError: a language that is not in LANGUAGES
        note("user_language_failed", error=type(error).__name__)
        return None
