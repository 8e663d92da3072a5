"""The picture is drawn again from the SVG, and read by a decoder that knows nothing of us."""

import base64
import re
import time
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pyotp
import pytest
import zxingcpp
from authkit.factors.totp.qr import QUIET_ZONE, svg_data_uri
from authkit.factors.totp.rfc6238 import otpauth_url
from django.contrib.auth import get_user_model
from django.test import override_settings

from tests.conftest import username_for
from tests.factors.calls import challenge, complete, confirm, set_up
from tests.factors.phone import Phone

SCALE = 4
STEP = re.compile(r"([MmHhz])([^MmHhz]*)")
NUMBER = re.compile(r"-?[0-9.]+")


@pytest.fixture(autouse=True)
def _qr_codes_are_drawn_at_little_cost():
    """Not here, where they are read."""


def svg_of(data_uri):
    header, _, data = data_uri.partition(",")
    assert header in ("data:image/svg+xml", "data:image/svg+xml;base64")
    return ET.fromstring(
        base64.b64decode(data, validate=True) if header.endswith("base64") else unquote(data)
    )


def bars_of(path):
    """Yield (x, y, length) of each horizontal line of a path."""
    assert STEP.sub("", path) == ""
    x = y = 0.0
    for command, arguments in STEP.findall(path):
        numbers = [float(number) for number in NUMBER.findall(arguments)]
        if command == "M":
            x, y = numbers
        elif command == "m":
            x, y = x + numbers[0], y + numbers[1]
        elif command in "Hh":
            end = numbers[0] if command == "H" else x + numbers[0]
            assert (x % 1, y % 1, end % 1) == (0, 0.5, 0)
            yield int(x), int(y), int(end - x)
            x = end


def modules_of(svg):
    """Return the dark modules as rows of booleans, drawn from the path's own numbers."""
    side = int(svg.get("viewBox").split()[2])
    assert svg.get("viewBox") == f"0 0 {side} {side}"
    light, dark = svg
    assert light.get("fill") in ("#fff", "white")
    assert dark.get("stroke") in ("#000", "black")
    assert light.get("d") == f"M0 0h{side}v{side}H0z"
    rows = [[False] * side for _ in range(side)]
    for x, y, length in bars_of(dark.get("d")):
        assert 0 < length <= side - x
        for column in range(x, x + length):
            assert not rows[y][column], "two bars cover one module"
            rows[y][column] = True
    return rows


def decode(modules):
    pixels = bytearray()
    for row in modules:
        line = b"".join((b"\x00" if dark else b"\xff") * SCALE for dark in row)
        pixels += line * SCALE
    side = len(modules) * SCALE
    image = memoryview(pixels).cast("B", (side, side))
    [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


TEXTS = {
    "short": "x",
    "a key uri": "otpauth://totp/Acme%3Ajane?secret=" + "A" * 32 + "&issuer=Acme",
    "digits": "0123456789" * 10,
    "capitals": "HTTPS://EXAMPLE.COM/",
    "markup": "</path><script>alert(1)</script>&\"'",
    "umlauts": "ärger & öl: 日本",
    "long": "x" * 1_500,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_picture_says_the_text_again(text):
    assert decode(modules_of(svg_of(svg_data_uri(text)))) == text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_four_white_modules_are_round_it(text):
    modules = modules_of(svg_of(svg_data_uri(text)))
    side = len(modules)
    edge = [*range(QUIET_ZONE), *range(side - QUIET_ZONE, side)]
    assert QUIET_ZONE == 4
    assert not any(modules[n][m] or modules[m][n] for n in edge for m in range(side))
    assert modules[QUIET_ZONE][QUIET_ZONE]
    assert modules[QUIET_ZONE][side - QUIET_ZONE - 1]


def test_the_picture_is_nothing_but_a_square_and_a_path():
    svg = svg_of(svg_data_uri("x"))
    assert [child.tag.rpartition("}")[2] for child in svg.iter()] == ["svg", "path", "path"]
    assert {key for node in svg.iter() for key in node.keys()} == {  # noqa: SIM118 - no mapping
        "viewBox",
        "shape-rendering",
        "fill",
        "stroke",
        "d",
    }


# --- of a set-up -------------------------------------------------------------------------------


def set_up_for(client, user):
    return set_up(client, client.pair(user)["access"])


def longest(letter):
    """The longest name of the user model that is made of one letter."""
    model = get_user_model()
    length = model._meta.get_field(model.USERNAME_FIELD).max_length
    domain = "@example.com" if model.USERNAME_FIELD == "email" else ""
    return letter * (length - len(domain)) + domain


@pytest.mark.django_db
@pytest.mark.parametrize("issuer", ["", "Acme", "Käse & Co: Ltd", "Acme " * 20], ids=len)
def test_the_picture_of_a_set_up_is_its_url(client, user, clock, issuer):
    with override_settings(OTP_TOTP_ISSUER=issuer):
        body = set_up_for(client, user).json()
    assert decode(modules_of(svg_of(body["qr_code"]))) == body["otpauth_url"]
    read = pyotp.parse_uri(body["otpauth_url"])
    assert read.secret == body["secret"]
    assert read.name == user.get_username()
    assert issuer.replace(":", "").startswith(read.issuer or "")
    assert bool(read.issuer) is bool(issuer)
    assert (read.digits, read.interval, read.digest().name) == (6, 30, "sha1")


def issuer_by_name(device):
    return f"Acme of {device.user.get_username()}"


@pytest.mark.django_db
def test_an_issuer_may_be_computed_as_with_django_otp(client, user, clock):
    with override_settings(OTP_TOTP_ISSUER=issuer_by_name):
        body = set_up_for(client, user).json()
    assert pyotp.parse_uri(body["otpauth_url"]).issuer == f"Acme of {user.get_username()}"


ISSUERS = {
    "none": (None, "", None),
    "the site's name": ("Acme", "", "Acme"),
    "a colon": ("Books: Berlin", "", "Books Berlin"),
    "another script": ("\u56fe\u4e66\u9986", "", "\u56fe\u4e66\u9986"),
    "signs of a URL": ("Käse & Co? #1/2 100%", "", "Käse & Co? #1/2 100%"),
    "django-otp's": ("Acme", "Other", "Other"),
    "django-otp's function": ("Acme", issuer_by_name, "Acme of"),
    "a function without an answer": ("Acme", lambda device: "", "Acme"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("site", "otp", "expected"), ISSUERS.values(), ids=ISSUERS)
def test_the_issuer_is_that_of_django_otp_or_the_name_of_the_site(
    client, user, clock, site, otp, expected
):
    with override_settings(OTP_TOTP_ISSUER=otp, AUTHKIT={"SITE_NAME": site}):
        body = set_up_for(client, user).json()
    read = pyotp.parse_uri(body["otpauth_url"])
    assert read.name == user.get_username()
    assert (read.issuer or "").startswith(expected or "")
    assert bool(read.issuer) is bool(expected)
    label = unquote(body["otpauth_url"].partition("?")[0])
    assert label.count(":") == 1 + bool(expected)  # that of the scheme, and the separator


@pytest.mark.django_db
@pytest.mark.parametrize("issuer", ["", "The Example Company of Somewhere (production)"], ids=len)
def test_the_picture_stays_below_8_kb_for_the_longest_name(client, make_user, clock, issuer):
    model = get_user_model()
    user = make_user()
    model.objects.filter(pk=user.pk).update(**{model.USERNAME_FIELD: longest("w")})
    user.refresh_from_db()
    with override_settings(OTP_TOTP_ISSUER=issuer):
        body = set_up_for(client, user).json()
    assert len(body["qr_code"]) < 8 * 1024
    assert decode(modules_of(svg_of(body["qr_code"]))) == body["otpauth_url"]


@pytest.mark.parametrize("issuer", ["", "Acme", "I" * 64, "I" * 500], ids=len)
@pytest.mark.parametrize("letter", ["a", "\xe9", "日", "\U0001f600"], ids=["1", "2", "3", "4"])
def test_the_picture_stays_below_8_kb_for_254_characters_of_any_length(issuer, letter):
    url = otpauth_url(bytes(range(20)), letter * 242 + "@example.com", issuer)
    picture = svg_data_uri(url)
    assert len(picture) < 8 * 1024
    assert decode(modules_of(svg_of(picture))) == url


NAMES = {
    "a colon": "ja:ne",
    "a slash": "ja/ne?x=1&y=2#z",
    "an at sign": "jane@example.org",
    "an umlaut": "jäne",
    "another script": "日本語",
    "an emoji": "\U0001f600",
    "a space": "jane doe",
    "a percent sign": "100%25",
    "markup": "<b>'\"",
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_survives_the_url(client, user, clock, name):
    model = get_user_model()
    model.objects.filter(pk=user.pk).update(**{model.USERNAME_FIELD: username_for(name)})
    user.refresh_from_db()
    with override_settings(OTP_TOTP_ISSUER="Acme"):
        answer = set_up_for(client, user)
    body = answer.json()
    assert body["otpauth_url"].isascii()
    assert " " not in body["otpauth_url"]
    assert pyotp.parse_uri(body["otpauth_url"]).name == user.get_username()
    assert decode(modules_of(svg_of(body["qr_code"]))) == body["otpauth_url"]


@pytest.mark.django_db
@pytest.mark.parametrize("letter", ["日", "\U00020000"], ids=["three bytes", "four bytes"])
@pytest.mark.parametrize("issuer", ["", "Acme", "\U00020000" * 100], ids=["none", "short", "long"])
def test_a_long_name_in_another_script_is_no_server_error(client, user, clock, letter, issuer):
    model = get_user_model()
    model.objects.filter(pk=user.pk).update(**{model.USERNAME_FIELD: longest(letter)})
    user.refresh_from_db()
    with override_settings(OTP_TOTP_ISSUER=issuer):
        answer = set_up_for(client, user)
    assert answer.status_code == 201
    body = answer.json()
    assert decode(modules_of(svg_of(body["qr_code"]))) == body["otpauth_url"]
    assert pyotp.parse_uri(body["otpauth_url"]).secret == body["secret"]


# --- codes of others ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_codes_of_another_implementation_work(client, user, clock):
    """pyotp reads the picture's own text, and its codes turn the factor on and log in."""
    access = client.pair(user)["access"]
    body = set_up(client, access).json()
    app = pyotp.parse_uri(decode(modules_of(svg_of(body["qr_code"]))))
    assert confirm(client, access, app.at(time.time())).status_code == 200
    for _ in range(5):
        clock.shift(30)
        answer = complete(client, challenge(client, user), app.at(time.time()))
        assert answer.status_code == 200


@pytest.mark.django_db
def test_our_own_app_of_the_tests_is_right(clock):
    phone = Phone("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", clock)
    app = pyotp.TOTP(phone.base32)
    for _ in range(50):
        clock.shift(7_919)
        assert phone.code() == app.at(time.time())
