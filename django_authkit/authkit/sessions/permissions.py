from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from authkit.core import clock
from authkit.errors import StepUpRequired
from authkit.sessions.authentication import AccessToken


class HasSecondFactor(BasePermission):
    """Only for sessions whose user has passed a second factor (``mfa`` in ``amr``, RFC 8176).

    Others are answered 401 ``insufficient_user_authentication`` (RFC 9470 section 3); API
    keys are forbidden.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        if not isinstance(token, AccessToken):
            return False
        if "mfa" not in token.session.amr:
            raise StepUpRequired
        return True


class RecentlyAuthenticated(BasePermission):
    """Only for users who proved who they are within the last ``max_age`` seconds.

    Others are answered 401 ``insufficient_user_authentication`` with ``max_age`` in the
    challenge (RFC 9470 section 3); ``reauthenticate/`` gives them a token that passes. API
    keys are forbidden.
    """

    max_age = 300

    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        if not isinstance(token, AccessToken):
            return False
        proved_at = token.claims.payload.get("auth_time")
        if type(proved_at) is not int or clock.now().timestamp() > proved_at + self.max_age:
            raise StepUpRequired(self.max_age)
        return True
