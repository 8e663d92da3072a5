"""What an application answers without credentials, beside what was decided about it."""

import json
import socket
from unittest import mock

from authkit.schema.openapi.document import effective_security, operations
from authkit.schema.probe.tiers import Tier
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.test.utils import setup_test_environment
from rest_framework.views import APIView
from rows import UrlBuilder

NOT_FOUND = 404
DEEPEST = Tier.T4


class Gate:
    """How far the last request came: through ``initial()``, and into the check of an object."""

    def __init__(self):
        self.forget()
        self.stack = [
            mock.patch.object(APIView, "dispatch", self.watched_dispatch(APIView.dispatch)),
            mock.patch.object(socket.socket, "connect", refuse_to_connect),
        ]

    def forget(self):
        self.passed = self.object_asked = self.object_refused = False

    def watched_dispatch(self, dispatch):
        def watched(view, request, *args, **kwargs):
            view.initial = self.passing(view.initial)
            view.check_object_permissions = self.refusing(view.check_object_permissions)
            return dispatch(view, request, *args, **kwargs)

        return watched

    def passing(self, initial):
        def watched(*args, **kwargs):
            initial(*args, **kwargs)
            self.passed = True

        return watched

    def refusing(self, check):
        def watched(*args, **kwargs):
            self.object_asked = self.object_refused = True
            check(*args, **kwargs)
            self.object_refused = False

        return watched


def refuse_to_connect(self, address):
    raise ConnectionRefusedError(f"{address} is outside")


def compare(application, decided, published):
    """Return one record for each operation of the *published* document."""
    setup_test_environment()
    asker = Asker(UrlBuilder(application))
    hooked, said = decided.hooked[DEEPEST].schema, {"security": published["root"] or []}
    document = json.loads(decided.told)
    told = [(document, one) for _, _, one in operations(document)]
    with asker.gate.stack[0], asker.gate.stack[1]:
        return [
            record(
                asker,
                decided,
                number,
                {
                    "declared": declared(said, one),
                    "declared_with_hook": declared(hooked.document, other.document),
                    "declared_with_verdicts": declared(*last),
                },
            )
            for number, (one, other, last) in enumerate(
                zip(operations_of(published), hooked.operations, told, strict=True)
            )
        ]


class Asker:
    def __init__(self, urls):
        self.urls = urls
        self.gate = Gate()
        self.client = Client(raise_request_exception=False)

    def ask(self, method, path, view):
        """Return the answer of the first row that is there for the caller."""
        self.gate.forget()
        found = {"live": None, "address": None}
        for address in self.urls.of(path, view):
            found = {"live": self.status(method, address), "address": address}
            if found["live"] != NOT_FOUND:
                break
        return found | {
            "passed": self.gate.passed,
            "object_asked": self.gate.object_asked,
            "object_refused": self.gate.object_refused,
        }

    def status(self, method, address):
        """Send a real request, and take back whatever it wrote."""
        self.gate.forget()
        self.client.cookies.clear()  # of the answer before
        with transaction.atomic():
            response = self.client.generic(
                method.upper(),
                address,
                content_type="application/json",
                secure=settings.SECURE_SSL_REDIRECT,
            )
            transaction.set_rollback(True)
        return response.status_code


def record(asker, decided, number, documents):
    audited = decided.plain[DEEPEST].schema.operations[number]
    view = audited.source.view if audited.source else None
    return {
        "method": audited.method,
        "path": audited.path,
        "view": audited.source.view_name if audited.source else "",
        **documents,
        "tiers": {tier.label: said(decided, tier, number) for tier in decided.plain},
        **asker.ask(audited.method, audited.path, view),
    }


def said(decided, tier, number):
    """Return the decision at *tier*, and the findings."""
    plain, hooked = decided.plain[tier], decided.hooked[tier]
    audited = plain.schema.operations[number]
    decision, place = audited.decision, (audited.method, audited.path)
    return {
        "state": decision.state.value if decision else "unmapped",
        "refusal": decision.refusal if decision else None,
        "reason": decision.reason if decision else "no view was found",
        "findings": plain.offended.get(place, []),
        "findings_with_hook": hooked.offended.get(place, []),
    }


def operations_of(published):
    """Yield what stands in each operation; none is said of those that inherit from the root."""
    for _, _, security in published["operations"]:
        yield {} if security is None else {"security": security}


def declared(document, operation):
    """Return what the document says of anonymous callers: "secured" or "open"."""
    requirements = effective_security(document, operation)
    return "secured" if requirements and {} not in requirements else "open"
