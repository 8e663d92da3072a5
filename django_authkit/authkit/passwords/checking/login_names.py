"""Which account a name leads to, so that one account has one budget whatever the name.

``AUTHKIT["LOGIN_FIELDS"]`` says by which fields of the user model people log in. Backends of a
project may take other names, which are learnt when a log-in by one succeeds.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth import get_backends, get_user_model
from django.contrib.auth.backends import AllowAllUsersModelBackend, ModelBackend
from django.contrib.auth.base_user import BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import Q

from authkit.conf import conf
from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.users import AuthUser, canonical, looked_up, spelt_like, username_of
from authkit.passwords.models import LoginName

#: How many accounts that may share an e-mail address are compared.
MAX_SIMILAR = 50


def by_login_fields(typed: str) -> str:
    """Return the user name of the account that a typed name belongs to; else the typed name.

    The fields are searched in their order, and decide where one account alone has the value.
    Equal work for unknown names prevents user enumeration: one query for any name, none where
    people log in by user name alone.
    """
    model = get_user_model()
    fields = conf.LOGIN_FIELDS
    if not fields or list(fields) == [model.USERNAME_FIELD]:
        return typed
    users = _users().filter(Q(*[_found_by(field, typed) for field in fields], _connector=Q.OR))
    similar = list(users.order_by("pk")[:MAX_SIMILAR])
    for field in fields:
        if field == model.USERNAME_FIELD:
            found = [user for user in similar if username_of(user) == looked_up(typed)]
        else:
            # Account takeover: the database may match another user's value (CVE-2019-19844).
            found = [user for user in similar if _has_value(user, field, typed)]
        if len(found) == 1:
            return username_of(found[0])
    return typed


def learnt(name: str) -> str:
    """Return the user name of the account that is known to log in by this name, or the name."""
    if not takes_other_names():
        return name
    known = LoginName.objects.filter(pk__in=LoginName.keys_of(name)).select_related("user").first()
    return name if known is None else username_of(known.user)


def learn(name: str, user: AuthUser) -> bool:
    """Note that a name leads to this account; return False if it may lead to another.

    A name that is another account's user name is not learnt: its owner's failures would be
    counted, and forgiven, as those of this account. What was learnt under an earlier SECRET_KEY is
    stored by the present one.
    """
    column = get_user_model().USERNAME_FIELD
    others = _users().filter(spelt_like(column, name)).exclude(pk=user.pk)[:MAX_SIMILAR]
    if any(canonical(username_of(other)) == canonical(name) for other in others):
        return False
    key, *earlier = LoginName.keys_of(name)
    known = LoginName.objects.filter(pk__in=earlier).first()  # no query without fallbacks
    row = LoginName(pk=key, user_id=known.user_id if known else user.pk)
    add = partial(LoginName.objects.bulk_create, [row], ignore_conflicts=True)
    retry_on_conflict(add, LoginName)
    return LoginName.objects.filter(pk=row.pk, user=user).exists()


def goes_by(user: AuthUser, name: str) -> bool:
    """Say whether the user is known to log in by this name."""
    return LoginName.objects.filter(pk__in=LoginName.keys_of(name), user=user).exists()


def takes_other_names() -> bool:
    """Say whether a log-in may find accounts by another name than the user name.

    Django's own backends and manager do not, which saves their projects a query.
    """
    stock = {ModelBackend, AllowAllUsersModelBackend}
    manager = type(get_user_model()._default_manager)
    own_look_up = manager.get_by_natural_key is not BaseUserManager.get_by_natural_key
    return own_look_up or any(type(backend) not in stock for backend in get_backends())


def _found_by(field: str, typed: str) -> Q:
    column: Any = get_user_model()._meta.get_field(field)
    if isinstance(column, models.CharField | models.TextField):
        return spelt_like(field, typed)
    try:
        return Q(**{field: column.to_python(typed)})
    except ValidationError:
        return Q(pk__in=[])


def _has_value(user: AuthUser, field: str, typed: str) -> bool:
    return user.is_active and canonical(str(getattr(user, field))) == canonical(typed)


def _users() -> Any:
    model = get_user_model()
    # The primary: a replica may still have a name that the user has changed.
    return model._default_manager.using(router.db_for_write(model)).all()
