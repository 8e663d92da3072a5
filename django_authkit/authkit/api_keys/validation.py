"""What a key may say of itself: asked by the endpoints, the admin, the commands and Python."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from authkit.core import clock
from authkit.core.http import networks
from authkit.core.limits import rates

#: How many networks a key may be bound to.
MAX_NETWORKS = 32

#: Longer than any key needs, and safely before the year 9999, where dates end.
MAX_LIFETIME = timedelta(days=36525)

UNPRINTABLE = _("Use printable characters on one line.")


def check_columns(api_key: Any, names: Collection[str]) -> None:
    """Return if these columns of a key have valid values.

    :raises ValidationError: one has not; a dict by column.
    """
    errors = {}
    for name in names:
        check = CHECKS.get(name)
        try:
            if check is not None:
                check(getattr(api_key, name))
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)


def check_name(name: str | None) -> None:
    """Return if a name, where there is one, is one line of printable text, as lists show it."""
    if name and (not name.isprintable() or not name.strip()):
        raise ValidationError(UNPRINTABLE, "unprintable")


def check_expiry(moment: datetime | None) -> None:
    """Return if a key may expire then: in the future, and not after a hundred years."""
    if moment is None:
        return
    if settings.USE_TZ and timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    now = clock.now()
    if moment <= now:
        raise ValidationError(_("Choose a time in the future."), "past")
    if moment - now > MAX_LIFETIME:
        raise ValidationError(_("Choose an earlier time, or none."), "too_late")


def check_networks(joined: str) -> None:
    """Return if these are networks in their canonical form, and not too many."""
    given = joined.split()
    if len(given) > MAX_NETWORKS:
        raise ValidationError(_("That is too many networks."), "too_many")
    try:
        is_canonical = networks.joined(given) == joined
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise ValidationError(
            _("Enter networks such as 192.0.2.0/24 or 2001:db8::/32, one per line."), "network"
        )


def check_rate(rate: str) -> None:
    """Return if this is a rate limit, or none."""
    if rate and not is_rate(rate):
        raise ValidationError(_("Enter a rate such as 1000/hour."), "rate")


def is_rate(rate: str) -> bool:
    try:
        rates.parse(rate)
    except ValueError:
        return False
    return True


CHECKS: dict[str, Any] = {
    "name": check_name,
    "expiry_date": check_expiry,
    "networks": check_networks,
    "rate": check_rate,
}
