"""The first password of an account that has none: of single sign-on, or of mailed links.

A password outlives every session, so a copied access token must not be enough to get one. A code of
the second factor sets it at once. Without a factor a link is mailed to the present e-mail address,
and the password is chosen with the link: an attacker who requests it does not choose it, even if
the owner opens the link.
"""

from __future__ import annotations

from collections.abc import Set
from copy import copy
from functools import partial

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from authkit.accounts.confirmed.confirmation import is_bound, mail_confirmation, may_be_mailed
from authkit.core.factors import has_second_factor
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.users import AuthUser
from authkit.errors import EnrolmentRequired, PasswordExists, PasswordManagedElsewhere
from authkit.events.flows import record
from authkit.factors.proof import prove_owner
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.checking.proof import has_password
from authkit.passwords.flows import replace_own, tell_changed
from authkit.passwords.policy import require_acceptable
from authkit.passwords.reset import choose_password
from authkit.passwords.stored import has_local_password
from authkit.sessions.models import Session


def set_first_password(
    user: AuthUser, session: Session, *, code: str | None, new: str | None, recent: bool
) -> bool:
    """Set the first password and end the other sessions; or mail a link with which it is chosen.

    Returns whether the password is set.

    :param recent: whether the user has logged in, or authenticated again, recently.
    :raises PasswordExists: the account has one.
    :raises PasswordManagedElsewhere: a directory has it.
    :raises ValidationError: something is missing, or given where the link asks for it; or the
        project's validators refuse ``new``.
    :raises EnrolmentRequired: there is no second factor, and no link can be mailed. A user who sets
        one up has a code.
        Else as :func:`prove_owner`.
    """
    if has_local_password(user):
        raise PasswordExists
    if has_password(user, session):
        raise PasswordManagedElsewhere
    if not has_second_factor(user):
        _request(user, session, new, recent=recent)
        return False
    if new is None:
        raise ValidationError({"new_password": [_("This field is required.")]}, code="required")
    require_acceptable(new, user)
    changed = copy(user)  # the row is compared with the hash that ``user`` was read with
    with hashing_place():
        changed.set_password(new)
    store = partial(_store, changed, session, user.password)
    ended = prove_owner(
        user,
        session,
        store,
        password=None,
        code=code,
        recent=recent,
        failed="password_change_failed",
    )
    tell_changed(changed, ended)
    return True


def choose_first_password(found: FoundLink, password: str | None) -> None:
    """Set the password of the account of a link; end all sessions.

    :raises ValidationError: it is missing, or the project's validators refuse it; the link stays
        valid.
    :raises LinkInvalid: the link has been spent; or session, factors or account have changed.
    """
    if password is None:
        raise ValidationError({"password": [_("This field is required.")]}, code="required")
    choose_password(found, password, member="password", is_valid=_is_valid)


def _request(user: AuthUser, session: Session, new: str | None, *, recent: bool) -> None:
    if not may_be_mailed(user):
        raise EnrolmentRequired
    if new is not None:
        message = _("Leave it out: you choose it with the link that is sent to you.")
        raise ValidationError({"new_password": [message]})
    prove_owner(
        user,
        session,
        partial(_mail_link, user, session),
        password=None,
        code=None,
        recent=recent,
        failed="password_change_failed",
    )


def _mail_link(user: AuthUser, session: Session, proved: Set[str]) -> None:
    record("first_password_requested", user=user.pk, session=session.pk)
    mail_confirmation(Purpose.FIRST_PASSWORD, user, session)


def _store(changed: AuthUser, session: Session, replaced: str, proved: Set[str]) -> list[Session]:
    mine = copy(session)
    mine.user = changed
    return replace_own(changed, mine, replaced)


def _is_valid(spent: FoundLink) -> bool:
    return spent.user.is_active and not has_local_password(spent.user) and is_bound(spent)
