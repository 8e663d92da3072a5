"""The second factor"""

from contextlib import contextmanager
from datetime import timedelta

from authkit.models import Session
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from example_project.selftest.authenticator import Authenticator, present_step
from example_project.selftest.browser import Browser
from example_project.selftest.client import NotSo
from example_project.selftest.tour import AUTH, PASSWORD

API = "/api/v1"
FACTOR = f"{AUTH}/2fa/"
ADDRESS = "ursula@library.example"
FORM = {"username": "ursula", "password": PASSWORD, "next": "/admin/"}


def walk(tour):
    tour.person("ursula", email=ADDRESS, is_staff=True, is_superuser=True)
    here, app, recovery_codes = enrolment(tour)
    log_in(tour, app)
    recovery(tour, recovery_codes)
    step_up(tour, recovery_codes)
    recovery_codes = another_phone(tour, here, app, recovery_codes)
    admin(tour, recovery_codes)
    switched_off(tour, recovery_codes)
    owed(tour)


def enrolment(tour):
    here, there = tour.logged_in("ursula"), tour.logged_in("ursula")
    browser = Browser(tour.client)

    with tour.step("at first there is none, and the admin opens with the password"):
        expect_state(here, enabled=False, recovery_codes_left=0)
        expect_inside(browser.submit("/admin/login/", **FORM))

    with tour.step("a set-up shows the secret: to type, to open and to scan"):
        answer = here.post(f"{FACTOR}totp/setup/").expect(201)
        setup = answer.data
        answer.that(setup["secret"] in setup["otpauth_url"], "the secret in the address")
        answer.that("issuer=The%20library" in setup["otpauth_url"], "the issuer of the settings")
        answer.that(setup["qr_code"].startswith("data:image/svg+xml"), "an SVG")
        answer.expect_header("Cache-Control", "no-store")
        app = Authenticator(setup["secret"])

    with tour.step("it changes nothing until a code of the app has come, and not a wrong one"):
        verify(here, app.wrong_code()).expect(401, code="invalid_code")
        expect_state(here, enabled=False, recovery_codes_left=0)
        tour.try_login("ursula").expect(200)

    with tour.step("the right code turns it on and gives ten recovery codes"):
        answer = app.use(lambda code: verify(here, code)).expect(200)
        recovery_codes = answer.data["recovery_codes"]
        answer.that(len(set(recovery_codes)) == 10, "ten codes")
        expect_state(here, enabled=True, recovery_codes_left=10)

    with tour.step("every other session is over, and the admin wants the code"):
        there.get(FACTOR).expect(401, code="session_ended")
        expect_outside(browser.get("/admin/"))

    with tour.step("the owner is told by mail"):
        expect_mail(tour, "Two-factor authentication is on")

    return here, app, recovery_codes


def log_in(tour, app):
    with tour.step("the password alone is 202 and a challenge, and no token"):
        answer = tour.try_login("ursula").expect(202)
        members = {"challenge", "methods", "expires_in"}
        answer.that(answer.data.keys() == members, f"{sorted(members)} and nothing else")
        challenge = answer.data["challenge"]

    with tour.step("the challenge opens nothing"):
        tour.books(access=challenge).expect(401)
        tour.refresh(challenge).expect(401, code="token_invalid")
        tour.verify(challenge).expect(401, code="token_invalid")

    with tour.step("a wrong code is refused, and the challenge lives"):
        complete(tour, challenge, app.wrong_code()).expect(401, code="invalid_code")

    with tour.step("the right code completes the log-in"):
        answer = app.use(lambda code: complete(tour, challenge, code)).expect(200)
        session = tour.client.using(access=answer.data["access"]).get(f"{AUTH}/sessions/").data
        amr = next(row["amr"] for row in session if row["current"])
        answer.that(amr == ["pwd", "otp", "mfa"], "amr pwd, otp, mfa")

    with tour.step("the challenge is spent"):
        complete(tour, challenge, app.last_code).expect(401, code="invalid_challenge")

    with tour.step("and so is the code: in a new log-in it is refused, at both endpoints"):
        complete(tour, challenged(tour), app.last_code).expect(401, code="invalid_code")
        body = {"username": "ursula", "password": PASSWORD, "otp": app.last_code}
        tour.client.post(f"{AUTH}/token/", body).expect(401, code="invalid_code")


def recovery(tour, recovery_codes):
    code = recovery_codes.pop()

    with tour.step("a recovery code does in place of the app, in capitals and with blanks too"):
        typed = code.upper().replace("-", " ")
        pair = complete(tour, challenged(tour), typed).expect(200).data
        client = tour.client.using(access=pair["access"])
        expect_state(client, enabled=True, recovery_codes_left=9)

    with tour.step("once"):
        complete(tour, challenged(tour), code).expect(401, code="invalid_code")


def step_up(tour, recovery_codes):
    body = {"username": "ursula", "password": PASSWORD, "otp": recovery_codes.pop()}

    with tour.step("a client that has asked for the code already sends it along"):
        pair = tour.client.post(f"{AUTH}/token/", body).expect(200).data
        client = tour.client.using(access=pair["access"])

    with tour.step("all members at once are for staff who have passed their second factor"):
        tour.person("viktor", is_staff=True)
        expect_step_up(tour.logged_in("viktor").get(f"{API}/members/export/"))
        client.get(f"{API}/members/export/").expect(200)

    with tour.step("more often than its rate is 429, and says when to come back"):
        with rate("export", "1/day"):
            client.get(f"{API}/members/export/").expect(200)
            answer = client.get(f"{API}/members/export/").expect(429)
        answer.that(int(answer.headers["Retry-After"]) > 0, "seconds to wait")
        client.get(f"{API}/members/export/").expect(200)

    with tour.step("deleting a member wants a proof of the last five minutes"):
        data = {"name": "A member", "card_number": "CARD-2FA"}
        path = f"{API}/members/{client.post(f'{API}/members/', data).expect(201).data['id']}/"
        let_the_proof_age(client)
        pair = tour.refresh(pair["refresh"]).expect(200).data
        client = client.using(access=pair["access"])
        expect_step_up(client.delete(path), max_age=300)

    with tour.step("where there is a factor the password is no such proof, without a code"):
        reauthenticate = f"{AUTH}/reauthenticate/"
        client.post(reauthenticate, {"password": PASSWORD}).expect(401, code="invalid_code")

    with tour.step("a code gives another access token, and that one may"):
        answer = client.post(reauthenticate, {"code": recovery_codes.pop()}).expect(200)
        answer.that(answer.data.keys() == {"access", "expires_in"}, "access and expires_in")
        client.using(access=answer.data["access"]).delete(path).expect(204)


def another_phone(tour, here, old_app, old_codes):
    with tour.step("while another app waits for its code, the one there is goes on"):
        here.post(f"{FACTOR}totp/setup/").expect(400)
        proof = {"code": old_codes.pop()}
        setup = here.post(f"{FACTOR}totp/setup/", proof).expect(201).data
        app = Authenticator(setup["secret"])
        expect_state(here, enabled=True, recovery_codes_left=len(old_codes))

    with tour.step("its first code replaces the app and the recovery codes"):
        codes = app.use(lambda code: verify(here, code)).expect(200).data["recovery_codes"]
        challenge = challenged(tour)
        for gone in (old_app.code_at(present_step()), old_codes.pop()):
            complete(tour, challenge, gone).expect(401, code="invalid_code")

    with tour.step("new recovery codes want a code of the app: a recovery code does not do"):
        replace = f"{FACTOR}recovery-codes/"
        here.post(replace, {"code": codes[0]}).expect(401, code="invalid_code")
        answer = app.use(lambda code: here.post(replace, {"code": code})).expect(201)
        answer.that(len(set(answer.data["recovery_codes"]) - set(codes)) == 10, "ten new codes")

    with tour.step("and the ones before are dead"):
        complete(tour, challenge, codes[0]).expect(401, code="invalid_code")

    return answer.data["recovery_codes"]


def admin(tour, recovery_codes):
    browser = Browser(tour.client)

    with tour.step("the admin's log-in page asks for the code, and lets no user in without it"):
        page = browser.submit("/admin/login/", **FORM)
        page.that(b"The code is not valid." in page.body, "the code refused")
        expect_outside(page)
        expect_outside(browser.get("/admin/"))

    with tour.step("with it the admin opens"):
        expect_inside(browser.submit("/admin/login/", **FORM, otp=recovery_codes.pop()))

    with tour.step("it shows who has an app, and not its secret"):
        page = browser.get("/admin/authkit/totpdevice/").expect(200)
        page.that(b"ursula" in page.body, "the name of the owner")


def switched_off(tour, recovery_codes):
    body = {"username": "ursula", "password": PASSWORD, "otp": recovery_codes.pop()}
    pair = tour.client.post(f"{AUTH}/token/", body).expect(200).data
    client = tour.client.using(access=pair["access"])
    disable = f"{FACTOR}totp/disable/"

    with tour.step("switching it off takes the password and a code"):
        wrong = {"password": "not-the-password", "code": recovery_codes[0]}
        client.post(disable, wrong).expect(401, code="invalid_credentials")
        client.post(disable, {"password": PASSWORD, "code": "000"}).expect(401, code="invalid_code")
        client.post(disable, {"password": PASSWORD, "code": recovery_codes.pop()}).expect(204)

    with tour.step("then the password alone logs in again, and the owner is told"):
        expect_state(tour.logged_in("ursula"), enabled=False, recovery_codes_left=0)
        expect_mail(tour, "Two-factor authentication is off")


def owed(tour):
    with required_of_staff():
        tour.person("walter", is_staff=True)
        client = tour.logged_in("walter")

        with tour.step("where staff must have one, who has none can only set one up"):
            client.get(f"{API}/books/").expect(403)
            client.get(f"{AUTH}/sessions/").expect(403, code="second_factor_enrolment_required")
            setup = client.post(f"{FACTOR}totp/setup/").expect(201).data

        with tour.step("and the same token opens everything when that is done"):
            Authenticator(setup["secret"]).use(lambda code: verify(client, code)).expect(200)
            client.get(f"{API}/books/").expect(200)


def verify(client, code):
    return client.post(f"{FACTOR}totp/verify/", {"code": code})


def challenged(tour):
    """Return the challenge of a new log-in."""
    return tour.try_login("ursula").expect(202).data["challenge"]


def complete(tour, challenge, code):
    return tour.client.post(f"{AUTH}/token/second-factor/", {"challenge": challenge, "code": code})


def expect_state(client, *, enabled, recovery_codes_left):
    answer = client.get(FACTOR).expect(200)
    answer.that(answer.data["totp"]["enabled"] is enabled, f"enabled: {enabled}")
    left = answer.data["recovery_codes_left"]
    answer.that(left == recovery_codes_left, f"{recovery_codes_left} recovery codes left")


def expect_step_up(answer, max_age=None):
    """The refusal of a proof that is too weak or too old (RFC 9470 section 3)."""
    answer.expect(401).expect_header(
        "WWW-Authenticate", 'Bearer realm="api", error="insufficient_user_authentication"'
    )
    if max_age is not None:
        challenge = answer.headers["WWW-Authenticate"]
        answer.that(challenge.endswith(f"max_age={max_age}"), f"max_age={max_age}")


def expect_mail(tour, subject):
    subjects = tour.mailbox.subjects_to(ADDRESS)
    if f"[The library] {subject}" not in subjects:
        raise NotSo(f"a mail '{subject}'", "\n".join(subjects))


def expect_inside(page):
    page.expect(200).that(b'id="logout-form"' in page.body, "a page of the admin")


def expect_outside(page):
    page.expect(200).that(b'name="otp"' in page.body, "the admin's log-in page")


def let_the_proof_age(client):
    """Move the log-in of this session six minutes back, instead of waiting for so long."""
    sessions = client.get(f"{AUTH}/sessions/").expect(200).data
    current = next(session["id"] for session in sessions if session["current"])
    then = timezone.now() - timedelta(minutes=6)
    Session.objects.filter(pk=current).update(authenticated_at=then)


def rate(scope, value):
    return override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {scope: value}}
    )


@contextmanager
def required_of_staff():
    before = settings.AUTHKIT
    settings.AUTHKIT = {**before, "SECOND_FACTOR_REQUIRED": "staff"}
    try:
        yield
    finally:
        settings.AUTHKIT = before
