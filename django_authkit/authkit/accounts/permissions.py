from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from authkit.core.addresses import is_verified
from authkit.errors import EmailUnverified


class HasVerifiedEmail(BasePermission):
    """Only for users whose e-mail address is proved, whatever their credential; one query.

    Others are answered 403 ``email_unverified``. Keys that belong to nobody are forbidden.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, get_user_model()):
            return False
        if not is_verified(request.user):
            raise EmailUnverified
        return True
