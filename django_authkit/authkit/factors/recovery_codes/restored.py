"""Recovery codes after a backup was restored: which of them were used since is not known."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count

from authkit.core.db.stale import REASON, Rows, Stale, delete
from authkit.events.flows import record
from authkit.events.models import SecurityEvent
from authkit.factors.recovery_codes.models import RecoveryCode

#: After these, the recovery codes of an account are new.
_NEW_CODES = ["second_factor_enabled", "recovery_codes_replaced"]


def _codes(before: datetime | None) -> Rows:
    codes = RecoveryCode.objects.all()
    if before is None:
        return codes
    renewed = SecurityEvent.objects.filter(kind__in=_NEW_CODES, created_at__gt=before)
    return codes.exclude(user__in=renewed.exclude(user=None).values("user"))


def _delete(codes: Rows) -> int:
    per_user = list(codes.order_by().values_list("user").annotate(Count("pk")))
    number = delete(codes)
    for user, count in per_user:
        record("recovery_codes_removed", user=user, reason=REASON, count=count)
    return number


RECOVERY_CODES = Stale("recovery codes", _codes, _delete, "deleted")
