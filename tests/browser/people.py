"""Accounts of the example that tests use up, and what their owners do in the pages."""

import io
import time
from dataclasses import dataclass

import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.factors.phone import STEP, Phone

PASSWORD = "seven ravens over the river"


@dataclass
class Person:
    username: str
    password: str = PASSWORD
    phone: Phone | None = None
    recovery_codes: tuple[str, ...] = ()
    email: str = ""


def make(example, usernames):
    """Create users in the project that runs, in one process for all."""
    code = f"""
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
User, password = get_user_model(), make_password({PASSWORD!r})
for name in {usernames!r}:
    User.objects.create(username=name, password=password)
"""
    example.run(code)
    return [Person(name) for name in usernames]


def type_password(page, person, password=None):
    page.get_by_label("Username").fill(person.username)
    page.get_by_label("Password", exact=True).fill(password or person.password)
    page.get_by_role("button", name="Log in").click()


def press_enter(page):
    """Send the form of the field that has the focus, once its scripts are there."""
    expect(page.locator("form:has(:focus) [type=submit]:disabled")).to_have_count(0)
    page.keyboard.press("Enter")


def log_in(page, person, page_name=""):
    """Open a page of the account, log in on the way, and wait until it shows its data."""
    page.goto(f"/account/{page_name}")
    page.wait_for_url("**/log-in/**")
    type_password(page, person)
    page.wait_for_url(f"**/account/{page_name}")
    loaded(page)


def loaded(page):
    """Wait until a page of the account shows its data."""
    expect(page.locator("main [aria-busy]")).to_have_count(0)


def code_before(phone):
    """Return the code of the time step before, when it is accepted for some seconds more.

    Those of now and of the next step stay for log-ins.
    """
    left = STEP - time.time() % STEP
    if left < 5:
        time.sleep(left)
    return phone.code(-1)


def set_up_factor(page, person):
    """Turn the second factor on, with the secret that the picture on the screen holds."""
    page.goto("/account/second-factor/")
    page.get_by_role("button", name="Turn on").click()
    person.phone = Phone(secret_in(page))
    page.get_by_role("button", name="Continue").click()
    code = code_before(person.phone)
    page.get_by_role("textbox", name="Code from the app", exact=True).fill(code)
    page.get_by_role("button", name="Turn on").click()
    codes = page.get_by_role("listitem").filter(has=page.locator("code"))
    expect(codes).to_have_count(10)
    person.recovery_codes = tuple(codes.all_inner_texts())
    page.get_by_label("I have stored these codes").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()


def secret_in(page):
    """Return the secret of the QR code, read from a screenshot of the page as a phone would."""
    expect(page.locator("#authkit-qr-code")).to_be_visible()
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.text.startswith("otpauth://totp/")
    return found.text.partition("secret=")[2].partition("&")[0]
