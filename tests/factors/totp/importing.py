"""A project that comes from django-otp's own otp_totp app; run by test_import.py.

Every argument is a word for a device of the user of that name; prints what happened as JSON.
"""

import base64
import io
import json
import os
import sys
import time
import warnings

warnings.simplefilter("error")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.factors.totp.importing_settings"

import django  # noqa: E402

django.setup()

import time_machine  # noqa: E402
from authkit.models import Session, TOTPDevice  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice as StockDevice  # noqa: E402

from tests.conftest import Client  # noqa: E402
from tests.factors.calls import complete, confirm, set_up  # noqa: E402
from tests.factors.phone import Phone  # noqa: E402

call_command("migrate", verbosity=0)

# Codes change every thirty seconds, and all that follows is about one of them.
time_machine.travel(time.time(), tick=False).start()

KINDS = {
    "plain": {},
    "eight": {"digits": 8},
    "minute": {"step": 60},
    "shifted": {"t0": 30},
    "unconfirmed": {"confirmed": False},
    "short": {"key": "0123456789abcdef0123456789abcdef"},
    "long": {"key": "ab" * 40},
    "used": {"last_t": int(time.time()) // 30},
    "locked": {"throttling_failure_count": 20},
    "ahead": {"drift": 1},
    "behind": {"drift": -1},
    "faster": {"drift": 2},
    "slower": {"drift": -2},
}


def command(*args):
    out = io.StringIO()
    call_command("authkit_import_totp", *args, stdout=out)
    return out.getvalue().splitlines()


def stock(name, kind):
    user, _ = User.objects.get_or_create(username=name, defaults={"password": ""})
    user.set_password("correct horse battery staple")
    user.save()
    return StockDevice.objects.create(user=user, name="phone", **KINDS[kind])


def log_in(device, steps=0):
    phone = Phone(base64.b32encode(device.bin_key).decode().rstrip("="))
    client = Client()
    answer = client.log_in(device.user, "correct horse battery staple")
    if answer.status_code == 200:
        return "no factor"
    return complete(client, answer.json()["challenge"], phone.code(steps)).status_code


def main(names):
    devices = {name: stock(name, name.partition("-")[0]) for name in names}
    before = list(StockDevice.objects.order_by("pk").values())
    for name, device in devices.items():
        if name.endswith("-enrolled"):
            client = Client()
            access = client.pair(device.user, "correct horse battery staple")["access"]
            own = Phone(set_up(client, access).json()["secret"])
            assert confirm(client, access, own.code()).status_code == 200
    for name, device in devices.items():
        if not name.endswith("-enrolled"):
            Client().pair(device.user, "correct horse battery staple")
    result = {"dry": command("--dry-run"), "after dry": TOTPDevice.objects.count()}
    result["first"] = command()
    result["second"] = command()
    result["devices"] = TOTPDevice.objects.count()
    result["lives"] = {
        name: Session.objects.of(device.user).live().exists() for name, device in devices.items()
    }
    result["log in"] = {name: log_in(device) for name, device in devices.items()}
    result["again"] = {name: log_in(device) for name, device in devices.items()}
    result["unchanged"] = list(StockDevice.objects.order_by("pk").values()) == before
    keys = [device.key for device in devices.values()]
    result["plain in our table"] = any(
        key in str(row) for key in keys for row in TOTPDevice.objects.values()
    )
    sys.stdout.write(json.dumps(result))


main(sys.argv[1:])
