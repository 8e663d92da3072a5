"""Staff who must have a second factor and have none set it up at the log-in of our admin site."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from authkit.core import factors
from authkit.errors import NothingToConfirm
from authkit.factors.totp import flows
from authkit.factors.totp.factor import TOTP
from authkit.models import CodeAttempts, PasswordAttempts, SecurityEvent, Session, TOTPDevice
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.staticfiles import finders
from django.core import signing
from django.test import Client as Browser
from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext

from tests.conftest import AUTH, PASSWORD, Client
from tests.factors.calls import confirm, set_up
from tests.factors.phone import STEP, Phone
from tests.factors.test_factor_bypass import MIDDLEWARE, admin_log_in, is_in
from tests.passwords.attempts.test_brute_force import failures

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]

PAGE = "/ours/authkit/second-factor/"
CONFIRM = f"{PAGE}?step=confirm"
SECRET = re.compile(r'<code id="authkit-secret" dir="ltr">(?:<span>[A-Z2-7]{4}</span>)+</code>')
CODES = re.compile(r"<li><code>([^<]+)</code></li>")
ERROR = re.compile(r'<p class="authkit-error" id="authkit-first-code-error">([^<]+)</p>')
NEXT = re.compile(r'name="next" value="([^"]*)"')


@pytest.fixture(autouse=True)
def staff_must_have_one():
    with override_settings(
        MIDDLEWARE=MIDDLEWARE, AUTHKIT={"SECOND_FACTOR_REQUIRED": "staff", "SITE_NAME": "Shop"}
    ):
        yield


@pytest.fixture
def boss(make_user):
    return make_user("boss", is_staff=True, is_superuser=True)


@pytest.fixture
def browser():
    return Browser()


def enrolling(browser, user, clock, **extra):
    """Log in with the password; return the app that has scanned the page."""
    answer = admin_log_in(browser, user, **extra)
    assert answer.status_code == 302, answer.content
    assert answer["Location"].startswith(PAGE)
    return Phone(secret_on(browser.get(answer["Location"])), clock)


def secret_on(page):
    assert page.status_code == 200
    return "".join(re.findall("[A-Z2-7]{4}(?=<)", SECRET.search(page.text)[0]))


def send(browser, code, **more):
    return browser.post(CONFIRM, {"code": code, **more})


def codes_on(page):
    return CODES.findall(page.text)


def link_on(page, words):
    """Return where the link with these words leads."""
    return unescape(re.search(f'href="([^"]+)">{words}</a>', page.text)[1])


def is_refused(answer):
    """Say whether an answer leads back to the log-in page."""
    return answer.status_code == 302 and answer["Location"].startswith("/ours/login/")


# --- the way in --------------------------------------------------------------------------------


def test_the_first_code_turns_the_factor_on_and_completes_the_log_in(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    assert not is_in(browser)
    page = send(browser, phone.code())
    assert page.status_code == 200
    assert len(set(codes_on(page))) == 10
    assert is_in(browser)
    assert TOTPDevice.objects.get(user=boss).confirmed


def test_the_next_log_in_asks_for_the_app_or_a_recovery_code(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    codes = codes_on(send(browser, phone.code()))
    for code in (phone.fresh_code(), codes[3]):
        later = Browser()
        assert admin_log_in(later, boss).status_code == 200
        assert admin_log_in(later, boss, code=code).status_code == 302
        assert is_in(later)


def test_the_picture_has_the_secret_and_the_name_of_the_service(browser, boss, clock):
    admin_log_in(browser, boss)
    page = browser.get(PAGE)
    [url] = re.findall(r'href="(otpauth://[^"]+)"', page.text)
    assert f"secret={secret_on(page)}" in unescape(url)
    assert "issuer=Shop" in unescape(url)
    assert 'src="data:image/svg+xml,' in page.text
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)


def test_the_codes_are_shown_once_and_nothing_is_cached(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    code = phone.code()
    assert "no-store" in browser.get(PAGE)["Cache-Control"]
    page = send(browser, code)
    assert "no-store" in page["Cache-Control"]
    shown = codes_on(page)
    for answer in (send(browser, code), browser.get(PAGE), browser.get("/ours/")):
        assert not any(code in answer.text for code in shown)


def test_it_leads_to_the_page_that_was_asked_for(browser, boss, clock):
    target = "/ours/auth/?a=1&b=2"
    answer = browser.post(
        f"/ours/login/?next={quote(target)}",
        {"username": boss.get_username(), "password": PASSWORD, "next": target},
    )
    page = browser.get(answer["Location"])
    phone = Phone(secret_on(page), clock)
    page = browser.get(link_on(page, "Continue"))
    assert unescape(NEXT.search(page.text)[1]) == target
    assert secret_on(browser.get(link_on(page, "Back"))) == phone.base32
    page = send(browser, phone.code(), next=target)
    assert unescape(NEXT.search(page.text)[1]) == target
    answer = browser.post(PAGE, {"next": target})
    assert (answer.status_code, answer["Location"]) == (302, target)


@pytest.mark.parametrize(
    "target",
    ["https://attacker.example/", "//attacker.example", "javascript:alert(1)", "/\\attacker", ""],
)
def test_it_leads_to_no_other_host(browser, boss, clock, target):
    body = {"username": boss.get_username(), "password": PASSWORD, "next": target}
    answer = browser.post("/ours/login/", body)
    # Django 6.1 puts the first page of the site in the place of a target that it refuses.
    assert answer["Location"] in (PAGE, f"{PAGE}?next=%2Fours%2F")
    scan = browser.get(PAGE, {"next": target})
    confirm = browser.get(PAGE, {"next": target, "step": "confirm"})
    codes = send(browser, Phone(secret_on(scan), clock).code(), next=target)
    for page in (confirm, codes):
        assert NEXT.search(page.text)[1] == "/ours/"
    for page in (scan, confirm, codes):
        assert "attacker" not in page.text
        assert "javascript" not in page.text
    assert browser.post(PAGE, {"next": target})["Location"] == "/ours/"


def test_a_wrong_code_shows_the_same_picture_again(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    page = send(browser, phone.wrong_code(), next="/ours/auth/")
    assert page.status_code == 200
    assert ERROR.search(page.text)[1] == "The code is not valid."
    assert 'value="/ours/auth/"' in page.text
    assert secret_on(browser.get(link_on(page, "Back"))) == phone.base32
    assert not is_in(browser)
    send(browser, phone.code())
    assert is_in(browser)


def test_staff_who_owe_none_and_staff_who_have_one_are_not_enrolled(browser, boss, enrol, clock):
    chief = enrol(boss)
    assert admin_log_in(browser, boss).status_code == 200
    answer = admin_log_in(browser, boss, code=chief.phone.fresh_code())
    assert answer["Location"] == "/ours/"
    with override_settings(AUTHKIT={}):
        chief.device.delete()
        assert admin_log_in(Browser(), boss)["Location"] == "/ours/"


def test_of_all_users_staff_alone_are_enrolled(browser, user):
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
        assert admin_log_in(browser, user).status_code == 200
        assert is_refused(browser.get(PAGE))
    assert not TOTPDevice.objects.exists()


def test_a_project_without_authenticator_apps_says_what_is_missing(browser, boss):
    [totp] = [factor for factor in factors.registered() if isinstance(factor, TOTP)]
    factors.unregister(totp)
    try:
        answer = admin_log_in(browser, boss)
    finally:
        factors._factors.insert(0, totp)
    assert answer.status_code == 200
    assert "Set up a second factor first." in answer.text
    assert not is_in(browser)


# --- what is recorded and counted ---------------------------------------------------------------


def test_the_owner_finds_it_among_the_events(browser, boss, clock, factor_signals):
    phone = enrolling(browser, boss, clock)
    assert [*SecurityEvent.objects.values_list("kind", flat=True)] == ["enrolment_required"]
    send(browser, phone.code())
    kinds = sorted(SecurityEvent.objects.values_list("kind", flat=True))
    assert kinds == ["enrolment_required", "second_factor_enabled", "session_started"]
    assert {event.user for event in SecurityEvent.objects.all()} == {boss}
    started = SecurityEvent.objects.get(kind="session_started")
    assert started.facts == {"amr": ["pwd", "otp", "mfa"]}
    assert [name for name, _ in factor_signals] == ["second_factor_enabled"]


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_told_by_mail(browser, reachable_user, clock, told):
    type(reachable_user).objects.update(is_staff=True)
    send(browser, enrolling(browser, reachable_user, clock).code())
    assert told() in (None, ["[Shop] Two-factor authentication is on"])


def test_the_sessions_of_the_api_end(browser, boss, client, clock):
    pair = client.pair(boss)
    phone = enrolling(browser, boss, clock)
    assert Session.objects.live().count() == 1
    send(browser, phone.code())
    assert not Session.objects.live().exists()
    assert client.refresh(pair["refresh"]).status_code == 401


def test_guessing_the_first_code_ends_after_ten_whichever_door_asks(
    browser, boss, clock, comparisons
):
    phone = enrolling(browser, boss, clock)
    pages = [send(browser, phone.wrong_code(number)).text for number in range(9)]
    assert all("The code is not valid." in page for page in pages)
    client = Client()
    confirm(client, client.pair(boss)["access"], phone.wrong_code())
    assert comparisons.count == 10
    page = send(browser, phone.code())
    assert "Too many failed attempts." in page.text
    assert comparisons.count == 10
    assert not is_in(browser)
    assert not TOTPDevice.objects.get().confirmed


def test_new_log_ins_give_no_new_guesses(boss, clock, comparisons):
    for _ in range(4):
        browser = Browser()
        phone = enrolling(browser, boss, clock)
        for number in range(5):
            send(browser, phone.wrong_code(number))
    assert comparisons.count == 10
    assert CodeAttempts.objects.get(pk=boss.pk).failures == 10


@pytest.mark.parametrize(
    "code",
    ["", "x", "12345", "1234567", "\uff11\uff12\uff13\uff14\uff15\uff16", "1" * 5_000, "\0" * 6],
    ids=ascii,
)
def test_what_is_no_code_is_refused(browser, boss, clock, code):
    phone = enrolling(browser, boss, clock)
    assert ERROR.search(send(browser, code).text)
    assert secret_on(browser.get(PAGE)) == phone.base32
    assert not is_in(browser)


def test_wrong_passwords_stay_counted_until_the_log_in_is_complete(browser, boss, clock):
    for _ in range(3):
        admin_log_in(browser, boss, password="wrong")
    phone = enrolling(browser, boss, clock)
    assert failures() == 3
    send(browser, phone.code())
    assert failures() == 0
    assert PasswordAttempts.objects.exists()


# --- attacks -----------------------------------------------------------------------------------


def test_the_password_alone_opens_no_page_of_any_site(browser, boss, clock):
    enrolling(browser, boss, clock)
    assert SESSION_KEY not in browser.session
    for page in ("/ours/", "/ours/auth/", "/admin/", "/theirs/", "/ours/password_change/"):
        assert browser.get(page).status_code == 302, page
    assert browser.get("/plain/").status_code in (401, 403)
    assert browser.get(AUTH + "sessions/").status_code == 401


def test_without_a_password_the_page_leads_to_the_log_in(browser, boss, clock):
    for answer in (browser.get(PAGE), send(browser, "123456"), browser.head(PAGE)):
        assert is_refused(answer)
    browser.force_login(boss)  # by another log-in page, which knows no second factor
    for answer in (browser.get(PAGE), send(browser, "123456")):
        assert is_refused(answer)
    assert not TOTPDevice.objects.exists()


def test_it_works_where_every_view_requires_a_log_in(browser, boss, clock):
    required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    with override_settings(MIDDLEWARE=[*MIDDLEWARE, required]):
        phone = enrolling(browser, boss, clock)
        assert codes_on(send(browser, phone.code()))
        assert is_in(browser)


def test_a_code_is_sent_with_a_csrf_token(boss, clock):
    browser = Browser(enforce_csrf_checks=True)
    browser.get("/ours/login/")
    token = browser.cookies["csrftoken"].value
    assert admin_log_in(browser, boss).status_code == 403
    assert admin_log_in(browser, boss, csrfmiddlewaretoken=token).status_code == 302
    phone = Phone(secret_on(browser.get(PAGE)), clock)
    assert send(browser, phone.code()).status_code == 403
    token = browser.cookies["csrftoken"].value
    assert codes_on(send(browser, phone.code(), csrfmiddlewaretoken=token))


def test_a_session_key_that_an_attacker_has_planted_is_replaced(browser, boss, clock):
    """Session fixation: the attacker would see the secret, and be logged in."""
    planted = browser.session
    planted.save()
    browser.cookies["sessionid"] = planted.session_key
    attacker = Browser()
    attacker.cookies["sessionid"] = planted.session_key
    phone = enrolling(browser, boss, clock)
    held = browser.cookies["sessionid"].value
    assert held != planted.session_key
    assert is_refused(attacker.get(PAGE))
    send(browser, phone.code())
    assert browser.cookies["sessionid"].value not in (held, planted.session_key)
    for key in (held, planted.session_key):
        attacker.cookies["sessionid"] = key
        assert not is_in(attacker)


def test_another_user_who_is_logged_in_is_logged_out_first(browser, boss, make_user, clock):
    browser.force_login(make_user())
    session = browser.session
    session["basket"] = "of the other user"
    session.save()
    phone = enrolling(browser, boss, clock)
    assert "basket" not in browser.session
    assert SESSION_KEY not in browser.session
    send(browser, phone.code())
    assert browser.session[SESSION_KEY] == str(boss.pk)


def test_of_two_log_ins_the_later_one_enrols(boss, clock):
    """Each browser shows and confirms its own secret, never that of the other."""
    first, second = Browser(), Browser()
    phone = enrolling(first, boss, clock)
    later = enrolling(second, boss, clock)
    assert later.base32 != phone.base32
    for code in (phone.code(), later.code()):
        assert is_refused(send(first, code))
    assert is_refused(first.get(PAGE))
    assert codes_on(send(second, later.code()))
    assert not is_in(first)


def test_if_the_set_up_is_replaced_while_its_code_is_sent_then_the_later_one_stays_off(boss, clock):
    first, second = flows.set_up(boss, recent=True), flows.set_up(boss, recent=True)
    with pytest.raises(NothingToConfirm):
        flows.confirm(boss, None, Phone(second.secret, clock).code(), setup_id=first.id)
    assert not TOTPDevice.objects.get().confirmed


def test_a_set_up_of_the_api_is_not_shown_to_the_browser(browser, boss, client, clock):
    phone = enrolling(browser, boss, clock)
    elsewhere = Phone(set_up(client, client.pair(boss)["access"]).json()["secret"], clock)
    assert elsewhere.base32 != phone.base32
    for answer in (browser.get(PAGE), send(browser, elsewhere.code())):
        assert is_refused(answer)


def test_an_enrolment_ends_with_its_set_up(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    clock.shift(15 * 60 - 1)
    assert secret_on(browser.get(PAGE)) == phone.base32
    clock.shift(1)
    page = browser.get(PAGE, follow=True)
    assert "Start the set-up again." in page.text
    assert is_refused(send(browser, phone.code()))
    assert not TOTPDevice.objects.get().confirmed


def replayed(browser):
    """A browser with the cookies as they are now."""
    copy = Browser()
    copy.cookies.load({name: morsel.value for name, morsel in browser.cookies.items()})
    return copy


@pytest.mark.parametrize(
    "engine",
    ["django.contrib.sessions.backends.db", "django.contrib.sessions.backends.signed_cookies"],
)
def test_an_enrolment_cannot_be_replayed(boss, clock, engine):
    """Also where the cookie is the session, and no server can take it back."""
    with override_settings(SESSION_ENGINE=engine):
        browser = Browser()
        phone = enrolling(browser, boss, clock)
        copy = replayed(browser)
        code = phone.code()
        assert codes_on(send(browser, code))
        for answer in (copy.get(PAGE), send(copy, code), send(copy, phone.fresh_code())):
            assert is_refused(answer)
        assert not is_in(copy)


def test_a_signed_cookie_contains_no_secret_of_the_app(boss, clock):
    with override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies"):
        browser = Browser()
        phone = enrolling(browser, boss, clock)
        held = signing.loads(
            browser.cookies["sessionid"].value,
            salt="django.contrib.sessions.backends.signed_cookies",
        )
    assert set(held["authkit_enrolment"]) == {"user", "backend", "fingerprint", "setup"}
    assert phone.base32 not in str(held)


def change_password(boss):
    boss.set_password("another correct horse")
    boss.save()


def deactivate(boss):
    boss.is_active = False
    boss.save()


def dismiss(boss):
    boss.is_staff = False
    boss.save()


def delete(boss):
    boss.delete()


@pytest.mark.parametrize("change", [change_password, deactivate, dismiss, delete])
def test_an_enrolment_ends_when_its_user_could_not_log_in_any_more(browser, boss, clock, change):
    phone = enrolling(browser, boss, clock)
    change(boss)
    for answer in (browser.get(PAGE), send(browser, phone.code())):
        assert is_refused(answer)
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_an_enrolment_ends_when_a_factor_was_turned_on_elsewhere(browser, boss, client, clock):
    phone = enrolling(browser, boss, clock)
    access = client.pair(boss)["access"]
    elsewhere = Phone(set_up(client, access).json()["secret"], clock)
    assert confirm(client, access, elsewhere.code()).status_code == 200
    for code in (phone.code(), elsewhere.fresh_code()):
        assert is_refused(send(browser, code))
    assert is_refused(browser.get(PAGE))
    assert not is_in(browser)


def test_an_enrolment_of_a_backend_that_is_gone_ends(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    with override_settings(AUTHENTICATION_BACKENDS=["tests.login.backends.Refusing"]):
        assert is_refused(send(browser, phone.code()))


def test_an_enrolment_survives_a_rotated_secret_key(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    new = "a-new-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert secret_on(browser.get(PAGE)) == phone.base32
        assert codes_on(send(browser, phone.code()))


def test_a_secret_that_cannot_be_read_opens_nothing(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    TOTPDevice.objects.update(sealed_secret="x")
    page = browser.get(PAGE, follow=True)
    assert "The second factor cannot be checked at present." in page.text
    assert is_refused(send(browser, phone.code()))
    assert not is_in(browser)


def test_a_code_of_the_enrolment_cannot_be_used_for_a_log_in(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    code = phone.code()
    send(browser, code)
    assert admin_log_in(Browser(), boss, code=code).status_code == 200
    clock.shift(STEP)
    assert admin_log_in(Browser(), boss, code=phone.code()).status_code == 302


def test_who_is_in_already_is_led_on(browser, boss, clock):
    send(browser, enrolling(browser, boss, clock).code())
    answer = browser.get(PAGE, {"next": "/ours/auth/"})
    assert (answer.status_code, answer["Location"]) == (302, "/ours/auth/")


# --- the page ----------------------------------------------------------------------------------


INLINE = re.compile(r"<script(?![^>]* src=)|<style|\s(?:style|on\w+)=")


def test_the_pages_need_no_script_and_have_none_in_them(browser, boss, clock):
    """So they work under a Content-Security-Policy without ``unsafe-inline``."""
    phone = enrolling(browser, boss, clock)
    pages = [browser.get(PAGE), browser.get(CONFIRM), send(browser, phone.code())]
    assert not [found for page in pages for found in INLINE.findall(page.text)]
    assert "disabled" not in "".join(page.text for page in pages)


IMPORTED = re.compile(r'await (?:import\(document\.getElementById|module)\("([^"]+)"\)')
LOADED = re.compile(r'(?:src|href)="/static/([^"]+)"')


def test_every_file_of_the_pages_is_there_without_the_app_of_the_account_pages(
    browser, boss, clock
):
    assert "authkit.pages" not in settings.INSTALLED_APPS
    phone = enrolling(browser, boss, clock)
    pages = [browser.get(PAGE), browser.get(CONFIRM), send(browser, phone.code())]
    for page, own in zip(pages, ("copy.js", "second_factor.css", "recovery_codes.js"), strict=True):
        files = LOADED.findall(page.text)
        assert f"authkit/parts/{own}" in files
        assert [name for name in files if not finders.find(name)] == []


def test_every_module_that_a_script_imports_is_linked_by_its_page(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    for page in (browser.get(PAGE), send(browser, phone.code())):
        linked = re.findall('<link rel="modulepreload" id="([^"]+)"', page.text)
        files = [finders.find(name) for name in LOADED.findall(page.text) if "/parts/" in name]
        scripts = [Path(file).read_text() for file in files if file.endswith(".js")]
        imported = [name for script in scripts for name in IMPORTED.findall(script)]
        counts = [
            script.count(each) for script in scripts for each in ("await import(", "await module(")
        ]
        assert sum(counts) == len(imported)
        assert set(imported) == set(linked)


def test_the_steps_say_which_they_are_in_their_title(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    pages = [browser.get(PAGE), browser.get(CONFIRM), send(browser, phone.code())]
    for number, page in enumerate(pages, 1):
        heading = re.search(r"<h2[^>]*>([^<]+)</h2>", page.text)[1]
        assert re.search(r"<title>\s*([^|]*) \|", page.text)[1] == heading
        assert f"Step {number} of 3" in page.text


def test_the_field_of_the_code_is_named_and_tied_to_its_error(browser, boss, clock):
    phone = enrolling(browser, boss, clock)
    field = re.compile(r'<input id="authkit-first-code"[^>]*>')
    first, refused = browser.get(CONFIRM).text, send(browser, phone.wrong_code()).text
    for page in (first, refused):
        assert '<label for="authkit-first-code">' in page
        for attribute in ('autocomplete="one-time-code"', 'inputmode="numeric"', "autofocus"):
            assert attribute in field.search(page)[0]
        assert 'aria-describedby="authkit-first-code-error' in field.search(page)[0]
    assert "aria-invalid" not in field.search(first)[0]
    assert 'aria-invalid="true"' in field.search(refused)[0]


def test_codes_are_kept_before_the_page_goes_on(browser, boss, clock):
    page = send(browser, enrolling(browser, boss, clock).code()).text
    assert re.search(r'<input type="checkbox" required autocomplete="off">', page)
    assert "Recovery codes of Shop. Each works once." in page


TITLE = "Set up your second factor"
HEADINGS = [
    "Scan this picture with an authenticator app",
    "Confirm with a code",
    "Keep your recovery codes",
]
LANGUAGES = ["ar", "de", "es", "fr", "pt", "pt-br", "zh-hans"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_the_language_of_the_reader(browser, boss, clock, language):
    middleware = [*MIDDLEWARE[:1], "django.middleware.locale.LocaleMiddleware", *MIDDLEWARE[1:]]
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    with override_settings(MIDDLEWARE=middleware):
        admin_log_in(browser, boss)
        scan, confirm = browser.get(PAGE), browser.get(CONFIRM)
        codes = send(browser, Phone(secret_on(scan), clock).code())
    with translation.override(language):
        title, *headings = map(gettext, (TITLE, *HEADINGS))
    for answer, heading in zip((scan, confirm, codes), headings, strict=True):
        assert f"<h1>{title}</h1>" in answer.text
        assert f">{heading}</h2>" in answer.text
        assert not {title, heading} & {TITLE, *HEADINGS}
        assert ('<html lang="ar" dir="rtl"' in answer.text) == (language == "ar")
        assert ' dir="ltr"' in answer.text  # secret and codes
