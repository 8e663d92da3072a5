from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.request import Request

from authkit.core.db.outages import outages_as_503
from authkit.core.http.client import client_of
from authkit.core.http.permissions import ExplainingPermission
from authkit.core.identity.unverified_email import is_verified
from authkit.errors import EmailUnverified, ServiceUnavailable, SessionEnded, StepUpRequired
from authkit.events.flows import record
from authkit.sessions.access.bearer import AccessToken, record_refusal
from authkit.sessions.models import Session
from authkit.sessions.validate import RECENT_SECONDS, is_recent


class HasSecondFactor(ExplainingPermission):
    """Only for sessions whose user has passed a second factor (``mfa`` in ``amr``, RFC 8176).

    Others are answered 401 ``step_up_required`` (RFC 9470); API
    keys are forbidden.
    """

    refuses = (StepUpRequired,)

    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        if not isinstance(token, AccessToken):
            return False
        if "mfa" in token.session.amr:
            return True
        return self.refuse(request, StepUpRequired(), _step_up_of(request, token))


class RecentlyAuthenticated(ExplainingPermission):
    """Only for users who proved who they are within the last ``max_age`` seconds.

    Others are answered 401 ``step_up_required`` with ``max_age`` in the
    challenge (RFC 9470 section 3); ``reauthenticate/`` gives them a token that passes. API
    keys are forbidden.
    """

    refuses = (StepUpRequired,)
    max_age = RECENT_SECONDS

    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        if not isinstance(token, AccessToken):
            return False
        if is_recent(token.claims, self.max_age):
            return True
        return self.refuse(request, StepUpRequired(self.max_age), _step_up_of(request, token))


class HasVerifiedEmail(ExplainingPermission):
    """Only for users with a verified e-mail, by any credential; one query.

    Others are answered 403 ``email_unverified``. Service keys are forbidden. While the database is
    down, the answer is 503.
    """

    refuses = (EmailUnverified, ServiceUnavailable)

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, get_user_model()):
            return False
        with outages_as_503():
            verified = is_verified(request.user)
        if verified:
            return True
        return self.refuse(request, EmailUnverified(), partial(_record_unverified, request))


class MayAddCredentials(HasVerifiedEmail):
    """For adding credentials that outlive a session: the e-mail may be registered by an attacker.

    An owner who verifies the e-mail by a password reset ends all sessions in that transaction. The
    session is read again after the e-mail, so a concurrent request of the attacker loses the race.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        if not isinstance(token, AccessToken) or not super().has_permission(request, view):
            return False
        with outages_as_503():
            is_live = Session.objects.live().filter(pk=token.session.pk).exists()
        return is_live or self.refuse(request, SessionEnded())


def _step_up_of(request: Request, token: AccessToken) -> Callable[[], None]:
    return partial(record_refusal, "step_up_required", request._request, token.session)


def _record_unverified(request: Request) -> None:
    token: Any = request.auth
    session = token.session.pk if isinstance(token, AccessToken) else None
    client = client_of(request._request)
    record("email_unverified", client=client, user=request.user.pk, session=session)
