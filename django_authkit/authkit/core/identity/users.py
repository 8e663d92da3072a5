"""Users of any AUTH_USER_MODEL. ``AuthUser`` is their type, for annotations."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import models, router
from django.db.models import Q

from authkit.core.identity.domains import in_ascii, in_letters

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    AuthUser = User
else:
    AuthUser = AbstractBaseUser


def username_of(user: AuthUser) -> str:
    """Return the user name of a user as text, also where its column has another type."""
    return str(user.get_username())


def email_of(user: AuthUser) -> str:
    """Return the e-mail of a user, or "" where the user, or the model, has none."""
    return getattr(user, user.get_email_field_name(), "") or ""


def read_email_again(user: AuthUser) -> None:
    """Read the e-mail of a user again, from the primary database.

    Race: called once the row is locked, so that what a concurrent request has changed is seen.
    """
    column = user.get_email_field_name()
    if hasattr(user, column):
        user.refresh_from_db(using=router.db_for_write(type(user)), fields=[column])


def visible_users() -> models.QuerySet[Any, Any]:
    """Return the primary keys of the users whom a log-in finds, for a condition with ``__in``.

    A project's default manager may hide accounts, e.g. those that are only marked as deleted.
    """
    model: Any = get_user_model()
    keys: models.QuerySet[Any, Any] = model._default_manager.using(router.db_for_write(model))
    return keys.values("pk")


def canonical(name: str) -> str:
    """Return the form that all spellings of a user name or e-mail share; no mail is sent to it.

    >>> canonical("\\uff21nn@EXAMPLE.com") == canonical("ann@example.com")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    local, at, domain = folded.rpartition("@")
    return local + at + in_ascii(domain) if at else folded


def spelt_like(column: str, name: str) -> Q:
    """Return a condition for the rows that may have a user name or e-mail in any spelling.

    The database may match too many: the caller compares the canonical forms.
    """
    shared = canonical(name)
    local, at, domain = shared.rpartition("@")
    spellings = {name, shared, local + at + in_letters(domain)}
    return Q(*[(f"{column}__iexact", spelling) for spelling in spellings], _connector=Q.OR)


def looked_up(name: str) -> str:
    """Return as text the value that the column of user names is searched for.

    A number and a UUID have many spellings, and a project's own column may have one form for
    many. A value that the column cannot hold is returned unchanged.
    """
    model = get_user_model()
    column: Any = model._meta.get_field(model.USERNAME_FIELD)
    try:
        return str(column.get_prep_value(name))
    except (TypeError, ValueError, ValidationError):
        return name


def user_named(username: str) -> AuthUser:
    """Return the user whom the argument of a command names.

    :raises CommandError: there is none.
    """
    model = get_user_model()
    try:
        users = model._default_manager.db_manager(router.db_for_write(model))
        return users.get_by_natural_key(terminal_text(username))
    except (model.DoesNotExist, ValueError, ValidationError):
        raise CommandError(f'There is no user "{username}".') from None


def terminal_text(argument: str) -> str:
    """Return an argument of a command if it is valid text.

    :raises CommandError: it has other bytes, which Python decodes as surrogates.
    """
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise CommandError("An argument is not valid text.") from None
    return argument
