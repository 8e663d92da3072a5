"""The search that follows every test of the suite finds what it is there to find."""

import json
import logging

import pytest
from authkit.events.flows import record
from django.core.cache import cache
from django.core.mail import send_mail
from django.http import HttpResponse, JsonResponse
from django.urls import path

from tests.conftest import PASSWORD, canaries
from tests.secrets.canaries import SECRET_MEMBERS, secrets_in

pytestmark = [pytest.mark.urls(__name__), pytest.mark.plants_secrets]

SECRET = "a-secret-of-this-test"


def answers(request):
    return JsonResponse([{"key": SECRET}], safe=False)


def page(request):
    return HttpResponse(f"<p>{SECRET}</p>")


urlpatterns = [path("answers/", answers), path("admin/page/", page)]


def by_message():
    logging.getLogger("authkit.security").debug("it is %s", SECRET)


def by_argument():
    logging.getLogger("elsewhere").warning("nothing to see", {"token": SECRET})


def by_traceback():
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("django.request").exception("It failed.")


def by_event():
    record("login_failed", reason=SECRET)


def by_mail():
    send_mail("Hello", f"Use {SECRET}.", None, ["reader@example.com"])


def by_cache_key():
    cache.set(f"token.{SECRET}", 1)


def by_cached_value():
    cache.set("token", {"kept": SECRET})


ROADS = {
    "log": [by_message, by_argument, by_traceback],
    "event": [by_event],
    "mail": [by_mail],
    "cache": [by_cache_key, by_cached_value],
}


@pytest.mark.parametrize(
    ("where", "write"), [(where, write) for where, roads in ROADS.items() for write in roads]
)
def test_a_secret_of_an_answer_is_found_where_it_is_written(db, client, mailers, where, write):
    cache.clear()
    client.get("/answers/")
    assert canaries.found() == []
    write()
    assert any(f"in the {where}" in each for each in canaries.found())
    cache.clear()


def test_it_is_found_in_an_admin_page_that_shows_it(client):
    client.get("/answers/")
    client.get("/admin/page/")
    assert "in the admin page" in canaries.found()[0]


def test_the_password_of_the_suite_is_one_of_them():
    assert canaries.found() == []
    logging.getLogger("authkit").info(PASSWORD)
    assert len(canaries.found()) == 1


def test_what_was_about_before_is_forgotten(client):
    client.get("/answers/")
    canaries.begin()
    by_message()
    assert canaries.found() == []


@pytest.mark.parametrize("member", sorted(SECRET_MEMBERS))
def test_secrets_are_found_however_deep(member):
    body = json.loads(json.dumps({"results": [{"it": {member: [SECRET], "name": "x" * 20}}]}))
    assert list(secrets_in(body)) == [SECRET]
    assert list(secrets_in({member: 123, "empty": None})) == []
