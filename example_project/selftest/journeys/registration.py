"""Registering, changing the e-mail address, and deleting the account"""

from urllib.parse import parse_qs, urlsplit

from example_project.selftest.client import NotSo
from example_project.selftest.tour import AUTH, PASSWORD, expect_token_refused

REGISTER = f"{AUTH}/register/"
VERIFY = f"{AUTH}/email/verify/"
ME = f"{AUTH}/me/"
OLD, NEW = "bruno@library.example", "bruno@elsewhere.example"
CHANGE = {"email": NEW, "password": PASSWORD}


def walk(tour):
    registered(tour)
    known(tour)
    moved(tour)
    left(tour)


def registered(tour):
    with tour.step("a registration is answered 202, and there is no account yet"):
        register(tour, "bruno", OLD).expect(202)
        tour.try_login("bruno").expect(401, code="invalid_credentials")

    with tour.step("the link that was mailed wants a password, which becomes the account's"):
        token = newest_token(tour, OLD)
        tour.client.post(VERIFY, {"token": token}).expect(400)
        verify(tour, token, "12345").expect(400)
        verify(tour, token, PASSWORD).expect(202)

    with tour.step("and works once; then the log-in works"):
        verify(tour, token, PASSWORD).expect(400, code="link_invalid")
        tour.try_login("bruno").expect(200)


def known(tour):
    with tour.step("an address that has an account is answered the same, and told by mail"):
        fresh = register(tour, "someone", "someone@library.example").expect(202)
        taken = register(tour, "bruno2", OLD.upper()).expect(202)
        taken.that(taken.body == fresh.body, "the same answer")
        expect_mail(tour, OLD, "You already have an account")

    with tour.step("whatever is not declared is refused by its name"):
        for name in ("is_staff", "is_superuser", "groups", "id", "is_active"):
            answer = register(tour, "mallory", "mallory@library.example", **{name: True})
            answer.expect(400).that(answer.data.keys() == {name}, f"{name} refused")

    with tour.step("another link can be sent for, and both are spent with the first"):
        old = newest_token(tour, "someone@library.example")
        resend = {"email": "someone@library.example"}
        tour.client.post(f"{VERIFY}resend/", resend).expect(202)
        new = newest_token(tour, "someone@library.example")
        verify(tour, old, PASSWORD).expect(202)
        verify(tour, new, PASSWORD).expect(400, code="link_invalid")


def moved(tour):
    client = tour.logged_in("bruno")

    with tour.step("a new e-mail address is not set before it is confirmed"):
        client.post(f"{AUTH}/email/change/", {"email": NEW}).expect(400)
        wrong = {"email": NEW, "password": "not-the-password"}
        client.post(f"{AUTH}/email/change/", wrong).expect(401, code="invalid_credentials")
        client.post(f"{AUTH}/email/change/", CHANGE).expect(202)
        expect_address(client, OLD)

    with tour.step("the present address is told at once, and can stop it"):
        expect_mail(tour, OLD, "A change of your e-mail address was requested")
        token = newest_token(tour, NEW)
        tour.client.post(VERIFY, {"token": newest_token(tour, OLD)}).expect(202)
        tour.client.post(VERIFY, {"token": token}).expect(400, code="link_invalid")
        client.post(f"{AUTH}/email/change/", CHANGE).expect(202)

    with tour.step("then it is the account's, and the session goes on"):
        tour.client.post(VERIFY, {"token": newest_token(tour, NEW)}).expect(202)
        expect_address(client, NEW)

    with tour.step("the old address is told, and can undo it"):
        expect_mail(tour, OLD, "Your e-mail address has been changed")
        token = newest_token(tour, OLD)
        tour.client.post(VERIFY, {"token": token}).expect(202)
        expect_token_refused(client.get(ME))
        expect_address(tour.logged_in("bruno"), OLD)
        tour.client.post(VERIFY, {"token": token}).expect(400, code="link_invalid")

    with tour.step("a second change stays"):
        client = tour.logged_in("bruno")
        client.post(f"{AUTH}/email/change/", CHANGE).expect(202)
        tour.client.post(VERIFY, {"token": newest_token(tour, NEW)}).expect(202)


def left(tour):
    client = tour.logged_in("bruno")

    with tour.step("who leaves is gone"):
        client.send("DELETE", ME, {"password": PASSWORD}).expect(204)
        expect_token_refused(client.get(ME))
        tour.try_login("bruno").expect(401, code="invalid_credentials")
        expect_mail(tour, NEW, "Your account has been deleted")


def register(tour, username, email, **more):
    body = {"username": username, "email": email, "password": PASSWORD, **more}
    return tour.client.post(REGISTER, body)


def verify(tour, token, password):
    return tour.client.post(VERIFY, {"token": token, "password": password})


def newest_token(tour, address):
    """Return the token of the last link that was mailed to an address."""
    [token] = parse_qs(urlsplit(tour.mailbox.links_to(address)[-1]).fragment)["token"]
    return token


def expect_address(client, address):
    answer = client.get(ME).expect(200)
    answer.that(answer.data["email"] == address, f"the address {address}")


def expect_mail(tour, address, subject):
    subjects = tour.mailbox.subjects_to(address)
    if f"[The library] {subject}" not in subjects:
        raise NotSo(f"a mail '{subject}'", "\n".join(subjects))
