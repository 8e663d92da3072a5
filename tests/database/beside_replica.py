"""What a project answers whose replica knows of no more than a user; run by test_replica.py.

Prints a status, or a list of them, by the name of what was done, as JSON.
"""

import json
import os
import sys
import warnings
from io import StringIO

warnings.simplefilter("error")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.database.replica_settings"

import django  # noqa: E402

django.setup()

import time_machine  # noqa: E402
from authkit.api_keys.using.foreign import use_foreign_key  # noqa: E402
from authkit.api_keys.using.principal import ServicePrincipal  # noqa: E402
from authkit.errors import APIKeyInvalid  # noqa: E402
from authkit.models import (  # noqa: E402
    APIKey,
    RecoveryCode,
    SecurityEvent,
    Session,
    TOTPDevice,
)
from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import override_settings  # noqa: E402
from rest_framework_api_key.models import APIKey as OldKey  # noqa: E402

from tests.conftest import AUTH, PASSWORD, Client, bearer  # noqa: E402
from tests.factors.calls import (  # noqa: E402
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    reauthenticate,
    set_up,
    state,
)
from tests.factors.phone import Phone  # noqa: E402

for alias in connections:
    call_command("migrate", database=alias, verbosity=0)

clock = time_machine.travel("2026-03-01T12:00:00Z", tick=False).start()
client = Client()
client.raise_request_exception = False


def status(answer):
    return answer.status_code


def enrolled():
    """Return a user whom the replica knows, with a factor that it does not know of."""
    user = User.objects.create_user("reader", password=PASSWORD)
    user.save(using="replica")
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    return user, access, phone, confirm(client, access, phone.code()).json()["recovery_codes"]


def main():
    user, access, phone, codes = enrolled()
    result = {"password alone": status(client.log_in(user))}
    code = phone.fresh_code()
    result["one code twice"] = [status(log_in_with(client, user, code)) for _ in range(2)]
    result["one recovery code twice"] = [
        status(complete(client, challenge(client, user), codes[0])) for _ in range(2)
    ]
    result["password for a proof"] = status(reauthenticate(client, access, password=PASSWORD))
    result["state"] = state(client, access).json()["totp"]["enabled"]
    result["recovery codes left"] = state(client, access).json()["recovery_codes_left"]

    pair = log_in_with(client, user, phone.fresh_code()).json()
    result["list"] = len(client.sessions(pair["access"]).json())
    moved = client.refresh(pair["refresh"]).json()
    clock.shift(60)
    result["spent refresh token"] = status(client.refresh(pair["refresh"]))
    result["its successor"] = status(client.refresh(moved["refresh"]))

    waiting = challenge(client, user)
    result["everywhere"] = status(client.delete(AUTH + "sessions/", **bearer(access)))
    result["challenge after it"] = status(complete(client, waiting, phone.fresh_code()))

    access = reauthenticate(client, access, code=phone.fresh_code()).json()["access"]
    second = Phone(set_up(client, access, phone.fresh_code()).json()["secret"], clock)
    result["another app"] = status(confirm(client, access, second.code()))
    result["the first app"] = status(log_in_with(client, user, phone.fresh_code()))
    result["new codes"] = status(new_recovery_codes(client, access, second.fresh_code()))
    result["an old one"] = status(log_in_with(client, user, codes[1]))
    result["ten wrong codes and one more"] = sorted(
        {status(log_in_with(client, user, second.wrong_code())) for _ in range(11)}
    )
    clock.shift(901)
    access = log_in_with(client, user, second.code()).json()["access"]
    result["off"] = status(disable(client, access, second.fresh_code()))
    result["password after that"] = status(client.log_in(user))
    result["what the rule says then"] = owing(user)
    result |= stale_passwords() | stale_keys()
    result["rows in the replica"] = sum(
        model._base_manager.using("replica").count()
        for model in (Session, TOTPDevice, RecoveryCode)
    )
    sys.stdout.write(json.dumps(result))


def stale_passwords():
    """The replica has not heard of a new password, a deactivation and a deletion."""
    result = {}
    for name in ("changed", "deactivated", "deleted"):
        user = User.objects.create_user(name, password=PASSWORD)
        user.save(using="replica")
        rows = User.objects.using("default").filter(pk=user.pk)
        user.set_password("a new " + PASSWORD)
        changes = {"changed": {"password": user.password}, "deactivated": {"is_active": False}}
        _ = rows.update(**changes[name]) if name in changes else rows.delete()
        result[f"old password, {name}"] = client.log_in(user).json().get("code")
        result[f"sessions, {name}"] = Session.objects.filter(user_id=user.pk).count()
        kinds = SecurityEvent.objects.filter(user_id=user.pk).values_list("kind", flat=True)
        result[f"events, {name}"] = sorted(kinds)
    return result


def stale_keys():
    """The replica has not heard of the end of a key, nor of a permission that was taken away."""
    result, (row, key) = {}, OldKey.objects.create_key(name="partner")
    row.save(using="replica")
    result["key of another table"] = use_foreign_key(OldKey, key, None).name
    OldKey.objects.using("default").update(revoked=True)
    try:
        result["revoked"] = use_foreign_key(OldKey, key, None).name
    except APIKeyInvalid:
        result["revoked"] = "refused"
    call_command("authkit_import_api_keys", stdout=StringIO())
    result["imported"] = APIKey.objects.count()

    permission = Permission.objects.using("default").get(codename="add_group")
    group = Group.objects.create(name="importers")
    group.save(using="replica")
    group.permissions.add(permission)
    Group.objects.using("replica").get().permissions.add(
        Permission.objects.using("replica").get(codename="add_group")
    )
    service = APIKey.objects.create_key(name="import", group=group)[0]
    result["permission"] = ServicePrincipal(service).has_perm("auth.add_group")
    group.permissions.through.objects.using("default").all().delete()
    result["permission taken away"] = ServicePrincipal(service).has_perm("auth.add_group")
    return result


def owing(user):
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
        access = client.pair(user)["access"]
        return status(client.sessions(access))


main()
