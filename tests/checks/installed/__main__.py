"""What `check --deploy` says of a project with all those packages, and what their routes do.

Run by test_factor_bypass.py; prints JSON.
"""

import base64
import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.checks.installed.settings"

import django

django.setup()

from authkit.models import TOTPDevice  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.checks import run_checks  # noqa: E402
from django.core.management import call_command  # noqa: E402

from tests.conftest import PASSWORD, Client  # noqa: E402

call_command("migrate", verbosity=0)

CREDENTIALS = {"username": "reader", "password": PASSWORD}
BASIC = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()


def main():
    user = User.objects.create_user(**CREDENTIALS)
    device = TOTPDevice(user=user, name="phone", confirmed=True)
    device.seal(b"0123456789abcdefghij")
    device.save()
    messages = run_checks(include_deployment_checks=True)
    named = [[m.id, m.msg] for m in messages if m.id in ("authkit.W004", "authkit.W007")]
    answers = {route: ask(route) for route in sys.argv[1:]}
    sys.stdout.write(json.dumps({"named": named, "answers": answers}))


def ask(route):
    headers = {"HTTP_AUTHORIZATION": f"Basic {BASIC}"} if "knox" in route else {}
    answer = Client().post(f"/{route}", CREDENTIALS, format="json", **headers)
    return answer.status_code, sorted(answer.json())


main()
