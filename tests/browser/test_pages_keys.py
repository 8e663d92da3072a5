"""The pages: API keys, security events and the end of an account."""

import json
import re
import shlex
import subprocess
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import expect

from tests.browser.accessibility import expect_accessible
from tests.browser.people import PASSWORD, loaded, log_in, press_enter, set_up_factor

HOSTILE = "<img src=/x onerror=alert(1)>'\"&amp;{{ 7*7 }}"


def status_with(example, key, path="/api/v1/books/"):
    """Return the status of a request of a program that has the key."""
    request = Request(example.url + path, headers={"X-API-Key": key})
    try:
        with urlopen(request) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def create(page, name, scopes=(), end=None, networks=""):
    """Make a key; return it as the page shows it."""
    page.goto("/account/api-keys/")
    page.get_by_role("button", name="Create a key").click()
    page.get_by_label("Name", exact=True).fill(name)
    for scope in scopes:
        page.get_by_label(scope).check()
    if end:
        page.get_by_label("Ends", exact=True).select_option(end)
    page.get_by_label("Networks").fill(networks)
    page.get_by_role("button", name="Create", exact=True).click()
    return shown_key(page)


def shown_key(page):
    expect(page.get_by_role("heading", name="Store your new key now")).to_be_focused()
    return page.locator("#authkit-new-key-value").inner_text()


def store(page):
    page.get_by_label("I have stored the key").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="API keys")).to_be_focused()


# --- API keys -------------------------------------------------------------------------------


def test_a_key_is_made_used_rotated_and_revoked(logged_in, example, screenshot):
    page = logged_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/account/api-keys/")
    expect(page.get_by_text("You have no keys.")).to_be_visible()
    screenshot("api-keys-none")
    key = create(page, "nightly report", ["Read books"], networks="127.0.0.0/8\n::1")
    screenshot("api-keys-new")
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == key
    expect(page.get_by_role("button", name="Done")).to_be_disabled()
    command = page.locator("#authkit-curl").inner_text()
    run = subprocess.run([*shlex.split(command), "-s"], capture_output=True, check=True)
    assert "results" in json.loads(run.stdout)
    store(page)
    assert key not in page.content()
    item = page.get_by_role("listitem").filter(has_text="nightly report")
    expect(item).to_contain_text("catalogue:read Read books")
    expect(item).to_contain_text("127.0.0.0/8, ::1")
    expect(item).to_contain_text("in 30 days")
    expect(item).not_to_contain_text("Never used", use_inner_text=True)
    screenshot("api-keys")

    page.get_by_role("button", name="Rotate: nightly report").click()
    dialog = page.get_by_role("dialog", name="Rotate the key")
    expect(dialog).to_be_visible()
    screenshot("api-keys-rotate")
    dialog.get_by_label("The old key ends").select_option("3600")
    dialog.get_by_role("button", name="Rotate").click()
    rotated = shown_key(page)
    expect(page.get_by_text("The old key works until")).to_be_visible()
    assert [status_with(example, each) for each in (key, rotated)] == [200, 200]
    store(page)
    expect(item.get_by_text("The key before the rotation still works.")).to_be_visible()
    screenshot("api-keys-overlap")

    page.get_by_role("button", name="Revoke: nightly report").click()
    dialog = page.get_by_role("dialog", name="Revoke the key")
    field = dialog.get_by_label("Type the name of the key")
    field.fill("another")
    press_enter(page)
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("This is not the name of the key.")
    screenshot("api-keys-revoke-refused")
    field.fill("nightly report")
    press_enter(page)
    expect(page.get_by_role("status")).to_contain_text("The key has been revoked")
    expect(page.get_by_text("You have no keys.")).to_be_visible()
    assert [status_with(example, each) for each in (key, rotated)] == [401, 401]


def test_a_key_that_is_rotated_without_overlap_ends_at_once(logged_in, example):
    page = logged_in
    key = create(page, "leaked", ["Read books"])
    store(page)
    page.get_by_role("button", name="Rotate: leaked").click()
    dialog = page.get_by_role("dialog", name="Rotate the key")
    dialog.get_by_label("The old key ends").select_option("0")
    dialog.get_by_role("button", name="Rotate").click()
    rotated = shown_key(page)
    expect(page.get_by_text("The old key does not work any more.")).to_be_visible()
    assert [status_with(example, each) for each in (key, rotated)] == [401, 200]


def test_names_and_addresses_of_others_are_text(logged_in, screenshot):
    page = logged_in
    create(page, HOSTILE)
    assert page.locator("main img").count() == 0
    store(page)
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    page.get_by_role("button", name=f"Revoke: {HOSTILE}").click()
    dialog = page.get_by_role("dialog", name="Revoke the key")
    expect(dialog).to_contain_text(HOSTILE)
    dialog.get_by_role("textbox").fill(HOSTILE)
    press_enter(page)
    expect(page.get_by_role("status")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0


def test_what_is_wrong_is_said_at_its_field(logged_in, screenshot):
    page = logged_in
    page.goto("/account/api-keys/")
    page.get_by_role("button", name="Create a key").click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    press_enter(page)
    expect(name).to_have_accessible_description(re.compile("Fill in this field."))
    name.fill("one")
    networks = page.get_by_label("Networks")
    networks.fill("192.0.2.0/24\nnowhere")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(networks).to_be_focused()
    expect(networks).to_have_accessible_description(re.compile("2: This is not a network"))
    screenshot("api-keys-refused")
    networks.fill("")
    page.get_by_label("Ends", exact=True).select_option("date")
    day = page.get_by_label("Last day")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(day).to_be_focused()
    day.fill("2001-01-01")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(day).to_be_focused()
    expect(day).to_have_accessible_description("Choose a time in the future.")
    day.fill("2099-12-31")
    page.get_by_role("button", name="Create", exact=True).click()
    shown_key(page)
    store(page)
    item = page.get_by_role("listitem").filter(has_text="one")
    expect(item).to_contain_text(re.compile(r"in \d\d years"))


def opened_form(page, left_out):
    """Open the form as where OWNER_SCOPES is set, and the answer lacks scopes; return it."""

    def answer(route):
        if route.request.method != "OPTIONS":
            return route.fallback()
        told = route.fetch()
        body = told.json()
        child = body["actions"]["POST"]["scopes"]["child"]
        child["choices"] = [each for each in child["choices"] if each["value"] not in left_out]
        return route.fulfill(response=told, json=body)

    page.route("**/auth/api-keys/", answer)
    page.goto("/account/api-keys/")
    page.locator("#authkit-key-scopes").evaluate("e => e.setAttribute('data-by-owner', '')")
    page.get_by_role("button", name="Create a key").click()
    form = page.locator("#authkit-create-key")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    return form


def test_only_scopes_that_the_user_may_give_are_offered(logged_in):
    form = opened_form(logged_in, {"loans:write"})
    expect(form.get_by_label("catalogue:read")).to_be_visible()
    expect(form.get_by_label("loans:write")).to_be_hidden()


def test_a_user_who_may_give_no_scope_is_not_asked_for_any(logged_in):
    form = opened_form(logged_in, {"catalogue:read", "loans:write"})
    expect(form.get_by_role("group", name="Scopes")).to_have_count(0)
    form.get_by_label("Name", exact=True).fill("without scopes")
    form.get_by_role("button", name="Create", exact=True).click()
    shown_key(logged_in)


def test_a_double_click_makes_one_key(logged_in):
    page = logged_in
    page.goto("/account/api-keys/")
    page.get_by_role("button", name="Create a key").click()
    page.get_by_label("Name", exact=True).fill("once")
    page.get_by_role("button", name="Create", exact=True).dblclick()
    shown_key(page)
    store(page)
    expect(page.get_by_role("listitem").filter(has_text="once")).to_have_count(1)


def test_a_key_that_is_not_stored_yet_is_not_lost_by_accident(logged_in):
    page = logged_in
    key = create(page, "kept")
    elsewhere = page.context.new_page()
    elsewhere.goto("/account/log-out/")
    elsewhere.locator("main").get_by_role("button", name="Log out").click()
    elsewhere.wait_for_url("**/log-in/**")
    expect(page.locator("#authkit-new-key-value")).to_have_text(key)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Password").click()
    expect(page.get_by_role("heading", name="Store your new key now")).to_be_visible()
    assert asked == ["beforeunload"]


def long_ago(example, person):
    """Let the log-in of a person be too old for what asks for a fresh proof."""
    example.run(
        f"""
from datetime import timedelta
from authkit.models import Session
from django.db.models import F
Session.objects.filter(user__username={person.username!r}).update(
    authenticated_at=F("authenticated_at") - timedelta(minutes=6)
)
"""
    )


def test_after_a_while_a_key_is_made_once_its_owner_has_confirmed(
    logged_in, example, person, screenshot
):
    page = logged_in
    long_ago(example, person)
    page.goto("/account/api-keys/")
    page.get_by_role("button", name="Create a key").click()
    page.get_by_label("Name", exact=True).fill("late")
    press_enter(page)
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Name", exact=True)).to_have_value("late")
    page.get_by_role("button", name="Create", exact=True).click()
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    press_enter(page)
    shown_key(page)


# --- security events ------------------------------------------------------------------------


def test_events_are_told_in_words_and_filtered(logged_in, person, screenshot):
    page = logged_in
    create(page, "for the events", ["Read books"])
    store(page)
    page.goto("/account/password/")
    loaded(page)
    page.get_by_label("Current password", exact=True).fill("wrong")
    page.get_by_label("New password", exact=True).fill("eight swans on the lake")
    press_enter(page)
    expect(page.get_by_label("Current password", exact=True)).to_be_focused()
    page.goto("/account/events/")
    loaded(page)
    created = page.get_by_role("listitem").filter(has_text="API key created")
    expect(created).to_contain_text("Key: \u2068for the events\u2069")
    expect(created).to_contain_text("Scopes: \u2068catalogue:read\u2069")
    expect(page.get_by_text("3 of 3 events")).to_be_visible()
    screenshot("events")
    page.get_by_label("Show").select_option("Warnings")
    expect(page.get_by_text("1 of 3 events")).to_be_visible()
    expect(created).to_be_hidden()
    warning = page.get_by_role("listitem").filter(has_text="Wrong password")
    expect(warning).to_contain_text("Warning")
    screenshot("events-warnings")


def test_older_events_come_when_they_are_asked_for(logged_in, person, example):
    page = logged_in
    example.run(
        f"""
from authkit.models import SecurityEvent
from django.contrib.auth import get_user_model
from django.utils import timezone
user = get_user_model().objects.get(username={person.username!r})
facts = {{"reason": {HOSTILE!r}, "scopes": [{HOSTILE!r}], "changed": [{HOSTILE!r}]}}
for number in range(60):
    SecurityEvent.objects.create(
        user=user,
        kind="login_failed",
        created_at=timezone.now(),
        user_agent={HOSTILE!r},
        facts=facts,
    )
"""
    )
    page.goto("/account/events/")
    loaded(page)
    items = page.locator("main li")
    expect(items).to_have_count(50)
    expect(page.get_by_text("50 of the 50 newest events")).to_be_visible()
    expect(items.first).to_contain_text(HOSTILE)
    page.get_by_role("button", name="Show older ones").click()
    expect(items).to_have_count(61)
    expect(items.nth(50)).to_be_focused()
    expect(page.get_by_text("61 of 61 events")).to_be_visible()
    expect(page.get_by_role("button", name="Show older ones")).to_be_hidden()
    assert page.locator("main img").count() == 0


# --- deletion -------------------------------------------------------------------------------


def exists(example, person):
    code = f"print(get_user_model().objects.filter(username={person.username!r}).exists())"
    return "True" in example.run(f"from django.contrib.auth import get_user_model\n{code}")


def test_an_account_is_deleted_with_its_password_and_code(
    logged_in, person, example, new_context, screenshot
):
    page, elsewhere = logged_in, new_context().new_page()
    log_in(elsewhere, person)
    key = create(page, "of the deleted")
    store(page)
    set_up_factor(page, person)
    page.goto("/account/delete-account/")
    loaded(page)
    delete = page.locator("main").get_by_role("button", name="Delete your account")
    expect(delete).to_be_disabled()
    page.get_by_label("I want my account to be deleted").check()
    form = page.locator("#authkit-delete form")
    password = form.get_by_label("Password", exact=True)
    password.fill("wrong")
    form.get_by_label("Code from the app").fill(person.recovery_codes[0])
    delete.click()
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(re.compile("This password is not right."))
    screenshot("delete-account-refused")
    password.fill(PASSWORD)
    delete.click()
    page.wait_for_url("**/log-in/**")
    expect(page.get_by_role("status")).to_have_text("Your account has been deleted.")
    screenshot("delete-account-deleted")
    assert not exists(example, person)
    assert status_with(example, key) == 401
    assert page.context.cookies() == []
    elsewhere.goto("/account/")
    elsewhere.wait_for_url("**/log-in/**")
    page.go_back()
    page.wait_for_url("**/log-in/**")


def forget_password(example, person):
    """Make the account one of single sign-on, with an e-mail address, whose session lives on."""
    example.run(
        f"""
from authkit.models import Session
from authkit.sessions.models import password_fingerprint
from django.contrib.auth import get_user_model
user = get_user_model().objects.get(username={person.username!r})
user.email = f"{{user.username}}@library.example"
user.set_unusable_password()
user.save()
Session.objects.filter(user=user).update(password_fingerprint=password_fingerprint(user))
"""
    )


def test_an_account_without_a_password_is_deleted_by_the_mailed_link(
    logged_in, person, example, screenshot
):
    page = logged_in
    forget_password(example, person)
    page.goto("/account/delete-account/")
    loaded(page)
    expect(page.locator("#authkit-delete form").get_by_label("Code from the app")).to_be_hidden()
    screenshot("delete-account")
    page.get_by_label("I want my account to be deleted").check()
    page.locator("main").get_by_role("button", name="Delete your account").click()
    heading = page.get_by_role("heading", name="Open the link that we have mailed to you")
    expect(heading).to_be_focused()
    screenshot("delete-account-mailed")
    expect_accessible(page)
    assert exists(example, person)
    token = token_mailed(example, person)
    body = json.dumps({"token": token}).encode()
    request = Request(f"{example.url}/api/v1/auth/email/verify/", body)
    request.add_header("Content-Type", "application/json")
    with urlopen(request) as answer:
        assert answer.status < 300
    assert not exists(example, person)
    page.reload()
    page.wait_for_url("**/log-in/**")


def token_mailed(example, person):
    """Wait for the mail to a person; return the token of its link."""
    pattern = re.compile(rf"^To: {person.username}@.*?[#&]token=(\S+)", re.MULTILINE | re.DOTALL)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if found := pattern.search(example.log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(example.log.read_text())
