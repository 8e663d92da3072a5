"""django-otp's own functions, its admin site, and ours. Real browsers, as far as Django goes."""

import re

import pytest
from authkit.models import CodeAttempts, RecoveryCode, TOTPDevice
from django.conf import settings
from django.test import Client as Browser
from django.test import override_settings
from django_otp import devices_for_user, match_token, user_has_device, verify_token
from django_otp.models import Device

from tests.conftest import PASSWORD, Client, bearer
from tests.factors.calls import challenge, complete, confirm, log_in_with, set_up
from tests.factors.phone import Phone
from tests.sessions.answers import assert_token_invalid

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


@pytest.fixture(autouse=True)
def middleware():
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        yield


@pytest.fixture
def boss(make_user):
    return make_user("boss", is_staff=True, is_superuser=True)


@pytest.fixture
def chief(boss, enrol):
    """A superuser with a factor."""
    return enrol(boss)


# --- django-otp's functions --------------------------------------------------------------------


def test_django_otp_sees_the_device(owner, make_user):
    device = owner.device
    assert user_has_device(owner.user)
    assert not user_has_device(make_user())
    assert list(devices_for_user(owner.user)) == [device]
    assert Device.from_persistent_id(device.persistent_id) == device


def test_django_otp_does_not_count_a_set_up_that_waits(client, user, clock):
    set_up(client, client.pair(user)["access"])
    assert not user_has_device(user)
    assert list(devices_for_user(user)) == []


def by_match(owner, code):
    return match_token(owner.user, code)


def by_verify(owner, code):
    return verify_token(owner.user, owner.device.persistent_id, code)


def by_device(owner, code):
    return owner.device.verify_token(code)


FUNCTIONS = [by_match, by_verify, by_device]


def name_of(function):
    return function.__name__


@pytest.mark.parametrize("second", FUNCTIONS, ids=name_of)
@pytest.mark.parametrize("first", FUNCTIONS, ids=name_of)
def test_its_functions_take_a_code_once(owner, first, second):
    code = owner.phone.fresh_code()
    assert first(owner, code)
    assert not second(owner, code)


@pytest.mark.parametrize("function", FUNCTIONS, ids=name_of)
def test_a_code_cannot_be_replayed_at_another_log_in(client, owner, function):
    code = owner.phone.fresh_code()
    assert complete(client, challenge(client, owner.user), code).status_code == 200
    assert not function(owner, code)
    later = owner.phone.fresh_code()
    assert function(owner, later)
    assert complete(client, challenge(client, owner.user), later).status_code == 401


@pytest.mark.parametrize(
    "spell",
    [
        lambda code: " " + code,
        lambda code: "+" + code,
        lambda code: code[:3] + "_" + code[3:],
        lambda code: code[:3] + " " + code[3:],
        lambda code: code.translate({ord(str(n)): chr(0x660 + n) for n in range(10)}),
        lambda code: float(code),
        lambda code: None,
        lambda code: [code],
        lambda code: code.encode(),
        lambda code: "",
        lambda code: "1" * 5_000,
    ],
    ids=["space", "plus", "_", "middle", "arabic", "float", "none", "list", "bytes", "empty", "5k"],
)
@pytest.mark.parametrize("function", FUNCTIONS, ids=name_of)
def test_its_functions_take_no_other_spelling(owner, function, spell):
    code = owner.phone.fresh_code()
    assert not function(owner, spell(code))
    assert function(owner, code)


@pytest.mark.parametrize("function", FUNCTIONS, ids=name_of)
def test_its_functions_take_no_wrong_code_and_no_recovery_code(owner, function):
    assert not function(owner, owner.phone.wrong_code())
    assert not function(owner, owner.recovery_codes[0])
    assert RecoveryCode.objects.count() == 10


def test_a_device_of_another_user_verifies_nothing(owner, make_user, enrol):
    other = enrol(make_user())
    code = other.phone.fresh_code()
    assert verify_token(owner.user, other.device.persistent_id, code) is None
    assert other.device.verify_token(code)


def test_a_set_up_that_waits_verifies_nothing(client, user, clock):
    phone = Phone(set_up(client, client.pair(user)["access"]).json()["secret"], clock)
    device = TOTPDevice.objects.get()
    assert verify_token(user, device.persistent_id, phone.code()) is None
    assert match_token(user, phone.code()) is None
    assert not device.verify_token(phone.code())
    assert not TOTPDevice.objects.get().confirmed


# --- the admin sites ---------------------------------------------------------------------------


def admin_log_in(browser, user, password=PASSWORD, code="", site="ours", **extra):
    body = {"username": user.get_username(), "password": password, **extra}
    if site == "ours":
        body["otp"] = code
    else:
        devices = TOTPDevice.objects.filter(user=user, confirmed=True)
        body["otp_device"] = "".join(device.persistent_id for device in devices)
        body["otp_token"] = code
    return browser.post(f"/{site}/login/?next=/{site}/", body)


def is_in(browser, site="ours"):
    answer = browser.get(f"/{site}/")
    assert answer.status_code in (200, 302)
    if answer.status_code == 302:
        assert answer["Location"].startswith(f"/{site}/login/")
    return answer.status_code == 200


SITES = ["ours", "theirs"]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "code",
    ["", " ", "000000", "x", "1" * 33, "%", "\uff11\uff12\uff13\uff14\uff15\uff16"],
    ids=ascii,
)
def test_the_password_alone_or_with_a_wrong_code_is_refused(chief, site, code):
    browser = Browser()
    answer = admin_log_in(browser, chief.user, code=code, site=site)
    assert answer.status_code == 200
    assert "_auth_user_id" not in browser.session
    assert not is_in(browser, site)


@pytest.mark.parametrize("site", SITES)
def test_the_right_code_is_let_in_and_works_once(chief, site):
    browser, thief = Browser(), Browser()
    code = chief.phone.fresh_code()
    answer = admin_log_in(browser, chief.user, code=code, site=site)
    assert (answer.status_code, answer["Location"]) == (302, f"/{site}/")
    assert is_in(browser, site)
    assert admin_log_in(thief, chief.user, code=code, site=site).status_code == 200
    assert not is_in(thief, site)


def test_a_recovery_code_opens_our_site_once(chief):
    browser, thief = Browser(), Browser()
    code = chief.recovery_codes[0]
    assert admin_log_in(browser, chief.user, code=code).status_code == 302
    assert is_in(browser)
    assert admin_log_in(thief, chief.user, code=code).status_code == 200
    assert RecoveryCode.objects.count() == 9


@pytest.mark.parametrize("site", SITES)
def test_a_code_that_was_used_at_the_api_is_spent_in_the_admin(client, chief, site):
    code = chief.phone.fresh_code()
    assert complete(client, challenge(client, chief.user), code).status_code == 200
    browser = Browser()
    assert admin_log_in(browser, chief.user, code=code, site=site).status_code == 200
    assert not is_in(browser, site)


@pytest.mark.parametrize("site", SITES)
def test_a_wrong_password_is_refused_before_the_code_is_looked_at(chief, site, comparisons):
    code = chief.phone.fresh_code()
    answer = admin_log_in(Browser(), chief.user, password="wrong", code=code, site=site)
    assert answer.status_code == 200
    assert comparisons.count == 0
    assert CodeAttempts.objects.get().failures == 0


@pytest.mark.parametrize("site", SITES)
def test_guesses_in_the_admin_count_with_those_of_the_api(client, chief, site, comparisons):
    for number in range(15):
        code = chief.phone.wrong_code(number)
        assert admin_log_in(Browser(), chief.user, code=code, site=site).status_code == 200
    assert comparisons.count == 10
    answer = complete(client, challenge(client, chief.user), chief.phone.fresh_code())
    assert answer.status_code == 429
    browser = Browser()
    assert admin_log_in(browser, chief.user, code=chief.phone.code(), site=site).status_code == 200
    assert not is_in(browser, site)


def test_the_form_says_why_without_the_code(chief):
    page = admin_log_in(Browser(), chief.user, code="987654").content.decode()
    assert "The code is not valid." in page
    CodeAttempts.objects.update(failures=100)
    page = admin_log_in(Browser(), chief.user, code="987654").content.decode()
    assert "This account is locked." in page


def test_the_form_asks_for_the_code_and_tells_browsers_what_it_is():
    page = Browser().get("/ours/login/").content.decode()
    [field] = re.findall(r'<input[^>]*name="otp"[^>]*>', page)
    assert 'autocomplete="one-time-code"' in field
    assert "required" not in field


@pytest.mark.parametrize("code", ["", "000000"])
def test_a_user_without_a_factor_logs_in_to_our_admin_by_password(boss, code):
    browser = Browser()
    assert admin_log_in(browser, boss, code=code).status_code == 302
    assert is_in(browser)


def test_a_user_without_a_factor_is_refused_by_the_admin_of_django_otp(boss):
    browser = Browser()
    assert admin_log_in(browser, boss, code="000000", site="theirs").status_code == 200
    assert not is_in(browser, "theirs")


@pytest.mark.parametrize("rule", ["staff", "all"])
def test_a_user_who_is_required_to_have_a_factor_and_has_none_is_refused(boss, rule):
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": rule}):
        browser = Browser()
        admin_log_in(browser, boss)
        assert not is_in(browser)


def test_a_user_who_is_required_to_have_a_factor_and_has_one_is_accepted(chief):
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "staff"}):
        browser = Browser()
        admin_log_in(browser, chief.user, code=chief.phone.fresh_code())
        assert is_in(browser)


@pytest.mark.parametrize("site", SITES)
def test_a_user_who_is_not_staff_is_refused_with_any_code(owner, site):
    browser = Browser()
    answer = admin_log_in(browser, owner.user, code=owner.phone.fresh_code(), site=site)
    assert answer.status_code == 200
    assert not is_in(browser, site)


def by_force(browser, user):
    browser.force_login(user)


def by_another_view(browser, user):
    body = {"username": user.get_username(), "password": PASSWORD}
    assert browser.post("/login/?next=/ours/", body).status_code == 302


def by_the_plain_admin(browser, user):
    body = {"username": user.get_username(), "password": PASSWORD}
    assert browser.post("/admin/login/?next=/admin/", body).status_code == 302


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("come_in", [by_force, by_another_view, by_the_plain_admin], ids=name_of)
def test_a_session_of_another_log_in_view_is_refused_until_it_is_verified(chief, come_in, site):
    browser = Browser()
    come_in(browser, chief.user)
    assert "_auth_user_id" in browser.session
    assert not is_in(browser, site)
    page = f"/{site}/authkit/totpdevice/"
    assert browser.get(page).status_code == 302
    assert browser.post(page, {"action": "delete_selected"}).status_code == 302
    assert TOTPDevice.objects.count() == 1

    admin_log_in(browser, chief.user, code=chief.phone.fresh_code(), site=site)

    assert is_in(browser, site)
    assert browser.get(page).status_code == 200


def test_a_session_that_knows_its_user_is_told_that_it_is_not_enough(chief):
    browser = Browser()
    browser.force_login(chief.user)
    page = browser.get("/ours/login/").content.decode()
    assert "You are logged in as" in page
    assert 'name="otp"' in page


def test_a_session_ends_its_stay_when_the_factor_is_turned_on(boss, enrol):
    browser = Browser()
    admin_log_in(browser, boss)
    assert is_in(browser)
    enrol(boss)
    assert not is_in(browser)


def test_a_replaced_app_requires_another_verification(client, chief, clock):
    browser = Browser()
    admin_log_in(browser, chief.user, code=chief.phone.fresh_code())
    assert is_in(browser)
    TOTPDevice.objects.filter(user=chief.user).delete()
    Client().pair(chief.user)
    assert is_in(browser)  # there is no factor now
    device = TOTPDevice(user=chief.user, name="TOTP", confirmed=True)
    device.seal(b"k" * 20)
    device.save()
    assert not is_in(browser)


def test_a_verified_device_of_another_user_in_the_session_is_ignored(chief, make_user, enrol):
    other = enrol(make_user())
    browser = Browser()
    browser.force_login(chief.user)
    session = browser.session
    session["otp_device_id"] = other.device.persistent_id
    session.save()
    assert not is_in(browser)


def test_a_bearer_token_opens_no_admin(client, chief):
    for site in SITES:
        assert Browser().get(f"/{site}/", **bearer(chief.access)).status_code == 302


def test_without_the_middleware_users_who_have_or_need_a_factor_are_refused(chief, make_user):
    """No user can be verified then; check --deploy says so (authkit.W002)."""
    clerk = make_user(is_staff=True, is_superuser=True)
    plain = [name for name in MIDDLEWARE if "otp" not in name]
    with override_settings(MIDDLEWARE=plain):
        browser = Browser()
        assert admin_log_in(browser, chief.user, code=chief.phone.fresh_code()).status_code == 302
        assert not is_in(browser)
        admin_log_in(browser, clerk)
        assert is_in(browser)
        with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "staff"}):
            assert not is_in(browser)


def test_a_secret_that_cannot_be_decrypted_gives_no_access_to_the_admin(chief):
    TOTPDevice.objects.update(sealed_secret="gone.AAAA")
    for site in SITES:
        browser = Browser(raise_request_exception=False)
        answer = admin_log_in(browser, chief.user, code=chief.phone.fresh_code(), site=site)
        assert answer.status_code in (200, 500, 503)
        assert not is_in(browser, site)


def test_no_page_of_either_site_shows_the_secret(chief):
    for site in SITES:
        browser = Browser()
        admin_log_in(browser, chief.user, code=chief.phone.fresh_code(), site=site)
        page = browser.get(f"/{site}/authkit/totpdevice/{chief.device.pk}/change/")
        assert page.status_code == 200
        for text in (chief.phone.base32, chief.phone.secret.hex(), chief.device.sealed_secret):
            assert text not in page.content.decode()


# --- SimpleJWT's own classes beside ours -------------------------------------------------------


#: By default SimpleJWT signs with SECRET_KEY, and authkit with a key that is derived from it.
SAME_KEY = {"SIGNING_KEY": settings.SECRET_KEY}


@override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}, SIMPLE_JWT=SAME_KEY)
def test_a_session_that_requires_enrolment_is_refused_by_simplejwts_authenticator(
    client, user, clock
):
    access = client.pair(user)["access"]
    assert client.get("/simplejwt/", **bearer(access)).status_code == 401
    phone = Phone(set_up(client, access).json()["secret"], clock)
    assert confirm(client, access, phone.code()).status_code == 200
    assert client.get("/plain/", **bearer(access)).status_code == 200
    pair = log_in_with(client, user, phone.fresh_code()).json()
    assert client.get("/simplejwt/", **bearer(pair["access"])).status_code == 200


@override_settings(SIMPLE_JWT=SAME_KEY)
def test_an_access_token_that_simplejwts_view_makes_of_ours_is_refused(client, owner):
    pair = log_in_with(client, owner.user, owner.phone.fresh_code()).json()
    minted = client.post("/simplejwt/refresh/", {"refresh": pair["refresh"]}, format="json")
    assert minted.status_code == 200
    assert_token_invalid(client.sessions(minted.json()["access"]))
    assert_token_invalid(client.verify(minted.json()["access"]))
    assert client.refresh(pair["refresh"]).status_code == 200
