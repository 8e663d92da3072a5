"""A project with foreign keys to sessions, which prunes them; run by test_prune.py.

Prints what is left as JSON.
"""

import json
import os
import sys
import warnings
from datetime import timedelta

warnings.simplefilter("error")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.events.devices_settings"

import django  # noqa: E402

django.setup()

from authkit.models import Session  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.events.devices.models import Device, Order  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)

user = User.objects.create_user("ann")
now = timezone.now()
for days in (-3, -2, -2, 1):
    session = Session.objects.create(
        user=user,
        password_fingerprint="",
        methods="pwd",
        authenticated_at=now,
        created_at=now,
        last_used_at=now,
        idle_expires_at=now + timedelta(days=days),
        absolute_expires_at=now + timedelta(days=30),
    )
    Device.objects.create(session=session)
    Order.objects.create(session=session)

call_command("authkit_prune", batch_size=2, stdout=sys.stderr)

json.dump(
    {
        "sessions": Session.objects.count(),
        "devices": Device.objects.count(),
        "orders": Order.objects.count(),
        "orders of a session": Order.objects.exclude(session=None).count(),
    },
    sys.stdout,
)
