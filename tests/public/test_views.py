"""A project replaces views of ours and leaves out others; document, audit and flows follow."""

import types

import pytest
from authkit import cookie_urls, urls, views
from authkit.core.http.views import AuthkitView
from authkit.testing import authenticator_app, catch_mails
from django.core.checks import run_checks
from django.core.management import call_command
from django.urls import NoReverseMatch, path, reverse
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.conftest import AUTH, PASSWORD, bearer, has_column
from tests.public.customised_urls import LEFT_OUT, LibraryLoginView

ROUTED = {each.callback.cls for each in [*urls.urlpatterns, *cookie_urls.urlpatterns]}

NEW = "another battery staple, correct"


def replaced(document, path):
    """Return an operation of POST, its references resolved one level."""
    said = document["paths"][AUTH + path]["post"]
    return said, said["requestBody"]["content"]["application/json"]["schema"]["$ref"]


@pytest.fixture
def library(settings):
    settings.ROOT_URLCONF = "tests.public.customised_urls"


@pytest.fixture
def document(library):
    """The document, valid and without warnings, as for ``spectacular --fail-on-warn``."""
    GENERATOR_STATS.reset()
    made = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(made)
    assert not GENERATOR_STATS
    return made


def test_the_face_has_the_view_of_every_route():
    faced = {getattr(views, name) for name in views.__all__}
    assert faced - ROUTED == {views.PublicView, views.OwnerView}
    assert faced >= ROUTED
    assert all(issubclass(view, AuthkitView) for view in faced)


def body(user, **more):
    return {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD, **more}


def test_a_route_before_the_include_replaces_a_view(library, client, user):
    refused = client.post(AUTH + "token/", body(user, card="none"))
    assert (refused.status_code, list(refused.json())) == (400, ["card"])
    answer = client.post(reverse("authkit:token-obtain"), body(user, card="1234"))
    assert (answer.status_code, answer["X-Library"]) == (200, "open")
    assert answer["Cache-Control"] == "no-store"
    refreshed = client.post(AUTH + "token/refresh/", {"refresh": answer.json()["refresh"]})
    assert refreshed.status_code == 200


def test_the_document_follows_a_replaced_view(document, settings):
    operation, reference = replaced(document, "token/")
    asked = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert {"password", "card"} <= set(asked["required"])
    assert asked["properties"]["card"]["pattern"] == "^[0-9]{4}$"
    settings.ROOT_URLCONF = "tests.urls"
    stock = SchemaGenerator().get_schema(request=None, public=True)
    for there in ("token/", "token/refresh/"):
        changed, ours = document["paths"][AUTH + there], stock["paths"][AUTH + there]
        assert changed["post"]["responses"] == ours["post"]["responses"]
        for member in ("operationId", "summary", "tags", "security"):
            assert changed["post"][member] == ours["post"][member]
    assert operation["operationId"].endswith("token_obtain")


def test_the_answer_and_the_document_of_a_list_follow_its_serializer(document, client, user):
    card = {"card": "1234"}
    own = bearer(client.post(AUTH + "token/", body(user, **card)).json()["access"])
    [session] = client.get(AUTH + "sessions/", **own).json()
    assert session == {"id": session["id"], "current": True, "place": "near 127.0.0.1"}
    [event] = client.get(AUTH + "events/", **own).json()["results"]
    assert event == {"kind": "session_started"}
    shown = document["components"]["schemas"]
    assert shown["Place"]["properties"].keys() == session.keys()
    assert shown["ShortEvent"]["properties"].keys() == event.keys()
    answers = {
        there: str(document["paths"][AUTH + there]["get"]["responses"]["200"])
        for there in ("sessions/", "events/")
    }
    assert "schemas/Place'" in answers["sessions/"]
    assert "ShortEventList" in answers["events/"]


def test_a_route_that_is_left_out_is_404_and_in_no_document(document, client, user):
    for name in LEFT_OUT:
        with pytest.raises(NoReverseMatch):
            reverse(f"authkit:{name}")
    for gone in ("api-keys/", "sessions/1/", "reauthenticate/", "token/verify/"):
        assert client.post(AUTH + gone, {}).status_code == 404
        assert AUTH + gone not in document["paths"]
    assert AUTH + "me/" in document["paths"]


def test_the_audit_has_nothing_to_say_of_such_a_project(library):
    call_command("authkit_audit_schema", "--fail-level", "note", verbosity=0)


def test_what_derives_from_an_open_view_of_the_project_has_to_say_so_itself(settings, capsys):
    """Only who names a view of ours as the base has said that the view is open."""

    class FurtherLoginView(LibraryLoginView):
        pass

    urlconf = types.ModuleType("tests.public.further_urls")
    urlconf.urlpatterns = [path("further/", FurtherLoginView.as_view())]
    settings.ROOT_URLCONF = urlconf
    with pytest.raises(SystemExit):
        call_command("authkit_audit_schema", verbosity=0)
    assert "AK308" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_checks_say_the_same_of_such_a_project(library, settings):
    customised = run_checks(include_deployment_checks=True)
    settings.ROOT_URLCONF = "tests.urls"
    admins = {"authkit.W002"}  # the project of the suite has an admin site, and that one none
    stock = run_checks(include_deployment_checks=True)
    assert customised == [said for said in stock if said.id not in admins]


@pytest.mark.addresses
@pytest.mark.django_db(transaction=True)
def test_flows_go_on_without_the_routes_that_are_left_out(
    library, client, make_user, settings, mailers
):
    settings.AUTHKIT = {
        "PASSWORD_RESET_URL": "https://app.example.com/#{uid}/{token}",
        "EMAIL_VERIFICATION_URL": "https://app.example.com/#{token}",
    }
    user = make_user("reader@example.com" if not has_column("username") else "reader")
    user.email = "reader@example.com"
    user.save()
    with catch_mails() as mails:
        client.post(AUTH + "password/reset/", {"email": user.email})
    [mail] = mails
    sent = {"uid": mail.uid, "token": mail.token, "new_password": NEW}
    assert client.post(AUTH + "password/reset/confirm/", sent).status_code == 204
    app = authenticator_app(user)
    challenged = client.post(AUTH + "token/", body(user, card="1234") | {"password": NEW})
    assert challenged.status_code == 202
    answer = {"challenge": challenged.json()["challenge"], "code": app.code()}
    pair = client.post(AUTH + "token/second-factor/", answer).json()
    own = bearer(pair["access"])
    change = {"current_password": NEW, "new_password": PASSWORD}
    assert client.post(AUTH + "password/change/", change, **own).status_code == 204
    asked = {"email": "new@example.com", "code": app.code()}
    assert client.post(AUTH + "email/change/", asked, **own).status_code == 202
    assert client.post(AUTH + "token/revoke/", {"refresh": pair["refresh"]}).status_code == 204
