"""Decides about the views of other packages, and asks them live; prints JSON.

Run by test_installed.py, in a process that has the packages in INSTALLED_APPS.
"""

import json
import logging
import os
import sys
from collections import defaultdict

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.checks.installed.settings"

import django

django.setup()

from authkit.schema.model.audited_schema import probe_document  # noqa: E402
from authkit.schema.probe.tiers import Probe, Tier  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from drf_spectacular.drainage import GENERATOR_STATS  # noqa: E402
from drf_spectacular.generators import SchemaGenerator  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

call_command("migrate", verbosity=0)
logging.disable(logging.CRITICAL)
VALUES = defaultdict(lambda: "00000000-0000-4000-8000-000000000000", id="1", provider="google")


def main():
    User.objects.create_user(username="reader", password="irrelevant")
    with GENERATOR_STATS.silence():
        generator = SchemaGenerator()
        document = generator.get_schema(request=None, public=True)
        schema = probe_document(document, generator, Probe(Tier.T3))
    sys.stdout.write(json.dumps([row(audited) for audited in schema.operations]))


def row(audited):
    client = APIClient(raise_request_exception=False)
    answer = getattr(client, audited.method)(audited.path.format_map(VALUES)).status_code
    decision = audited.decision
    return [audited.method, audited.path, decision.state.value, decision.refusal, answer]


main()
