"""API keys"""

from datetime import timedelta
from io import StringIO

from authkit.models import APIKey
from django.core.management import call_command
from django.utils import timezone

from example_project.selftest.tour import AUTH

BOOKS = "/api/v1/books/"
SCOPES = ("--scope", "catalogue:read", "--scope", "loans:write")
CHALLENGE = "ApiKey"


def walk(tour):
    good_keys(tour)
    bad_keys(tour)
    keys_beside_tokens(tour)


def good_keys(tour):
    key = make_key("the returns machine", *SCOPES)
    machine = tour.client.using(api_key=key)

    with tour.step("a key made by the command reads the books"):
        machine.get(BOOKS).expect(200)

    with tour.step("it writes no book"):
        machine.post(BOOKS, {"title": "Mine", "authors": []}).expect(403)

    with tour.step("it opens neither sessions nor tasks"):
        machine.get(f"{AUTH}/sessions/").expect(401)
        machine.get("/api/v1/tasks/").expect(401)

    with tour.step("a key that belongs to staff is a machine still, and writes no book"):
        tour.person("ulla", is_staff=True)
        staff_key = make_key("the scanner of ulla", "--owner", "ulla", *SCOPES)
        tour.books(api_key=staff_key).expect(200)
        tour.client.using(api_key=staff_key).post(BOOKS, {"title": "Mine"}).expect(403)


def bad_keys(tour):
    with tour.step("a malformed key is 401, with a challenge"):
        for malformed in ("x", "ak_", "a" * 5000, "\xff\xfe"):
            expect_refused(tour.books(api_key=malformed))

    with tour.step("an unknown key is 401"):
        unknown_row, unknown = new_key("unknown")
        unknown_row.delete()
        expect_refused(tour.books(api_key=unknown))

    with tour.step("a revoked key is 401"):
        revoked_row, revoked = new_key("revoked")
        tour.books(api_key=revoked).expect(200)
        revoked_row.revoked = True
        revoked_row.save()
        expect_refused(tour.books(api_key=revoked))

    with tour.step("an expired key is 401"):
        yesterday = timezone.now() - timedelta(days=1)
        row, expired = new_key("expired")
        APIKey.objects.filter(pk=row.pk).update(expiry_date=yesterday)
        expect_refused(tour.books(api_key=expired))

    with tour.step("the key of a deactivated user is 401"):
        owner = tour.person("vera", is_active=False)
        _, orphaned = new_key("orphaned", owner=owner)
        expect_refused(tour.books(api_key=orphaned))


def keys_beside_tokens(tour):
    tour.person("wim")
    access = tour.login("wim")["access"]
    key = make_key("one of two", *SCOPES)

    with tour.step("a token and a key at once are 400, never a guess"):
        tour.books(access=access, api_key=key).expect(400)

    with tour.step("where only a token counts, the key beside it is ignored"):
        tour.client.using(access=access, api_key=key).get("/api/v1/tasks/").expect(200)


def make_key(name, *options):
    """Make a key with the command; the key is a word of what it prints."""
    printed = StringIO()
    call_command("authkit_create_api_key", name, *options, stdout=printed, stderr=StringIO())
    return next(word for word in printed.getvalue().split() if word.count("_") == 2)


def new_key(name, **fields):
    return APIKey.objects.create_key(name=name, scopes=["catalogue:read"], **fields)


def expect_refused(answer):
    answer.expect(401).expect_header("WWW-Authenticate", CHALLENGE)
