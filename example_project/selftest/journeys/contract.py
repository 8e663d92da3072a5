"""The schema says what the server does"""

import json
from dataclasses import dataclass
from io import StringIO
from itertools import groupby
from tempfile import NamedTemporaryFile

from authkit.models import APIKey
from django.conf import settings
from django.core.management import call_command

from example_project.selftest.client import NotSo

# No row has it, so that no request of this journey reaches anything.
UNUSED = {"integer": "999999", "uuid": "00000000-0000-4000-8000-000000000000"}
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    tag: str
    security: tuple
    responses: frozenset

    @property
    def is_secured(self):
        return bool(self.security) and () not in self.security

    def takes(self, scheme):
        return (scheme,) in self.security

    def ask(self, client):
        return client.send(self.method.upper(), self.path, None if self.method == "get" else {})


def walk(tour):
    with tour.step("the schema is served without credentials"):
        answer = tour.client.get("/api/schema/?format=json").expect(200)
        document = answer.data
        operations = list(read(document))

    with tour.step("every operation has an id of its own, and a tag"):
        ids = [o["operationId"] for o in raw_operations(document)]
        answer.that(len(ids) == len(set(ids)), "no id twice")
        answer.that(all(o.tag for o in operations), "a tag each")

    anonymously(tour, operations)
    with_credentials(tour, document, operations)

    with tour.step("manage.py authkit_audit_schema has nothing to say"):
        audit()

    with tour.step("the document that is served is the one that the command would write"):
        compare(document)


def anonymously(tour, operations):
    for tag, group in groupby(sorted(operations, key=lambda o: o.tag), key=lambda o: o.tag):
        group = list(group)
        secured = sum(o.is_secured for o in group)
        with tour.step(f"{tag}: {secured} secured operations of {len(group)}, asked anonymously"):
            for operation in group:
                expect_as_declared(operation, operation.ask(tour.client))


def expect_as_declared(operation, answer):
    if operation.is_secured:
        answer.expect(401, 403)
        answer.that(str(answer.status) in operation.responses, "a status that is documented")
    elif answer.status in (401, 403):
        # A public endpoint may refuse the token or the password in the body; that is its job.
        answer.that(answer.code not in (None, "not_authenticated"), "no need of a credential")


def with_credentials(tour, document, operations):
    bearer, api_key = schemes(document)
    tour.person("zora", is_staff=True)
    staff = tour.logged_in("zora")
    machine = tour.client.using(api_key=new_key("contract"))

    with tour.step("an access token counts wherever the schema says so"):
        for operation in (o for o in operations if o.is_secured):
            expect_taken(operation, operation.ask(staff), bearer)

    with tour.step("an API key counts there, and nowhere else"):
        for operation in (o for o in operations if o.is_secured):
            expect_taken(operation, operation.ask(machine), api_key)


def expect_taken(operation, answer, scheme):
    refused = answer.status == 401 and not wants_more(answer)
    taken = operation.takes(scheme)
    answer.that(refused is not taken, f"{scheme} to be {'taken' if taken else 'refused'}")


def wants_more(answer):
    """Say whether a 401 took the credential, and wants a password or a second factor besides."""
    challenge = answer.headers.get("WWW-Authenticate", "")
    return answer.code == "invalid_credentials" or "insufficient_user_authentication" in challenge


def new_key(name):
    return APIKey.objects.create_key(name=name, scopes=settings.AUTHKIT["SCOPES"])[1]


def audit(*options):
    report = StringIO()
    try:
        call_command("authkit_audit_schema", *options, stdout=report)
    except SystemExit as stopped:
        if stopped.code:
            raise NotSo("exit code 0", f"exit code {stopped.code}\n{report.getvalue()}") from None


def compare(document):
    with NamedTemporaryFile("w", suffix=".json") as served:
        json.dump(document, served)
        served.flush()
        audit("--schema", served.name, "--fail-level", "warning")


def schemes(document):
    """Return the names of the bearer scheme and of the API key scheme."""
    found = document["components"]["securitySchemes"]
    bearer = next(n for n, s in found.items() if s.get("scheme") == "bearer")
    api_key = next(n for n, s in found.items() if s.get("name") == "X-API-Key")
    return bearer, api_key


def read(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield Operation(
                    method=method,
                    path=fill(path, operation.get("parameters", [])),
                    tag=operation.get("tags", [""])[0],
                    security=tuple(tuple(r) for r in operation.get("security", [])),
                    responses=frozenset(operation["responses"]),
                )


def raw_operations(document):
    for item in document["paths"].values():
        yield from (operation for method, operation in item.items() if method in METHODS)


def fill(path, parameters):
    for parameter in parameters:
        if parameter["in"] == "path":
            schema = parameter["schema"]
            value = UNUSED[schema.get("format", schema["type"])]
            path = path.replace(f"{{{parameter['name']}}}", value)
    return path
