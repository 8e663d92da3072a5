"""The document has these endpoints while settings say so, and tells the truth about them."""

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from tests.accounts.calls import HAS_ADDRESSES, ON, URL
from tests.conftest import bearer
from tests.public.endpoints import COMPLETE_SESSIONS_ONLY

pytestmark = pytest.mark.django_db

AUTH = "/api/v1/auth/"
ALL = {f"{AUTH}{path}" for path in ("register/", "email/verify/resend/")}
VERIFYING = {f"{AUTH}{path}" for path in ("email/verify/", "email/change/")}


def ours():
    document = SchemaGenerator().get_schema(request=None, public=True)
    return document, (ALL | VERIFYING) & set(document["paths"])


@pytest.mark.parametrize(
    ("authkit", "there"),
    [
        ({}, set()),
        ({"REGISTRATION": True}, set()),
        ({"EMAIL_VERIFICATION_URL": URL}, VERIFYING),
        (ON, ALL | VERIFYING),
    ],
    ids=["default", "no-page", "page", "on"],
)
def test_the_document_follows_the_settings(settings, authkit, there):
    settings.AUTHKIT = authkit
    _, found = ours()
    assert found == (there if HAS_ADDRESSES else set())
    # What is off admits no client, so the audit has nothing to say about what is not there.
    call_command("authkit_audit_schema", "--fail-level", "note", verbosity=0)


@pytest.mark.parametrize("path", sorted(ALL | VERIFYING))
def test_without_addresses_they_answer_404_whatever_is_set(client, settings, path):
    settings.AUTHKIT = ON
    answer = client.post(path, {}, format="json")
    assert (answer.status_code == 404) is not HAS_ADDRESSES


def test_the_document_follows_the_serializers(settings):
    settings.AUTHKIT = {"PROFILE_SERIALIZER": "tests.accounts.test_profile.Careless"}
    document, _ = ours()
    answer = document["paths"][f"{AUTH}me/"]["get"]["responses"]["200"]
    reference = answer["content"]["application/json"]["schema"]["$ref"]
    shown = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert {"staff", "number"} <= set(shown["properties"])
    assert shown["properties"]["staff"]["readOnly"]


ID = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(("method", "path"), COMPLETE_SESSIONS_ONLY)
def test_who_owes_a_second_factor_is_refused_as_the_document_says(
    client, user, settings, method, path
):
    settings.AUTHKIT = {**ON, "SECOND_FACTOR_REQUIRED": "all"}
    access = client.pair(user)["access"]
    address = AUTH + path.format(session_id=ID, key_id=ID)
    answer = client.generic(method, address, "{}", "application/json", **bearer(access))
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_enrolment_required")
    document, _ = ours()
    documented = document["paths"][AUTH + path][method]["responses"]["403"]["description"]
    assert documented.startswith("`second_factor_enrolment_required`")


def test_every_endpoint_that_requires_a_session_says_so_in_the_document(settings):
    settings.AUTHKIT = ON
    document, _ = ours()
    wanting = {
        (method, path.removeprefix(AUTH))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if any("jwtAuth" in needed for needed in operation["security"])
    }
    enrolling = {
        ("get", "2fa/"),
        ("post", "2fa/totp/setup/"),
        ("post", "2fa/totp/verify/"),
        ("post", "reauthenticate/"),
    }
    assert wanting - enrolling == set(COMPLETE_SESSIONS_ONLY)
