"""API keys, security events and deletion: what their pages say before a script runs."""

import re

import pytest
from authkit.core.event_kinds import KINDS
from authkit.sessions.issue import PENDING_TRIES

#: No account has them in its list: they are in the log alone, or of no account, or it is gone.
OF_NO_ACCOUNT = {
    "account_deleted",
    "connection_ended",
    "connection_opened",
    "connection_refused",
    "csrf_failed",
    "mail_failed",
    "password_reset_limited",
    "password_reset_unconfigured",
    "token_rejected",
    "user_language_failed",
}


def words_by(answer, attribute):
    return {
        attributes[attribute]: "".join(text)
        for _, attributes, text in answer.elements.found
        if attribute in attributes
    }


# --- the overview ---------------------------------------------------------------------------


def test_the_overview_has_a_card_for_each_page_of_the_menu(browse):
    found = [each["href"] for _, each, _ in browse("/account/").elements.named("a")]
    pages = [url for url in found if url not in {"/account/", "#authkit-main"}]
    menu = pages[: len(pages) // 2]
    assert len(menu) >= 6
    assert pages == menu * 2


# --- API keys -------------------------------------------------------------------------------


def test_the_scopes_of_the_project_can_be_chosen_by_their_sentences(browse, settings):
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read the catalogue", "books:write": "Change it"}}
    answer = browse("/account/api-keys/")
    boxes = [each["value"] for _, each, _ in answer.elements.named("input") if "value" in each]
    assert boxes == ["books:read", "books:write"]
    assert "Read the catalogue" in answer.content.decode()


def test_the_sentence_of_a_scope_is_text(browse, settings):
    settings.AUTHKIT = {"SCOPES": {"<b>": "<img src=x onerror=alert(1)>"}}
    answer = browse("/account/api-keys/")
    assert "&lt;img src=x onerror=alert(1)&gt;" in answer.content.decode()
    assert not answer.elements.named("b")


def test_without_scopes_none_are_asked_for(browse):
    assert not browse("/account/api-keys/").elements.named("fieldset")


def test_the_script_asks_for_scopes_where_users_differ_in_them(browse, settings):
    scopes = {"books:read": "Read the catalogue"}
    for by_owner in (None, lambda owner: []):
        settings.AUTHKIT = {"SCOPES": scopes, "OWNER_SCOPES": by_owner}
        [(_, fieldset, _)] = browse("/account/api-keys/").elements.named("fieldset")
        assert ("data-by-owner" in fieldset) is (by_owner is not None)


def test_a_key_ends_in_thirty_days_unless_another_end_is_chosen(browse):
    options = browse("/account/api-keys/").elements.named("option")
    ends = [each for _, each, _ in options if each["value"] in {"7", "30", "60", "90", "date"}]
    assert [each["value"] for each in ends] == ["7", "30", "60", "90", "date"]
    assert [each["value"] for each in ends if "selected" in each] == ["30"]


# --- security events ------------------------------------------------------------------------


@pytest.fixture
def events(browse):
    return browse("/account/events/")


def test_every_event_of_an_account_has_words(events):
    assert words_by(events, "data-kind").keys() == KINDS.keys() - OF_NO_ACCOUNT
    assert all(words_by(events, "data-kind").values())


def test_every_event_has_a_group_with_an_icon_and_a_filter(events):
    groups = set(words_by(events, "data-group"))
    assert groups | {"warning"} == set(words_by(events, "data-icon"))
    options = {each["value"] for _, each, _ in events.elements.named("option")}
    assert options == {"", "warning", *groups}


def test_every_reason_that_the_declarations_name_has_words(events):
    declared = "".join(
        kind.members.partition("`reason`")[2]
        for name, kind in KINDS.items()
        if name not in OF_NO_ACCOUNT
    )
    reasons = set(re.findall(r"`(\w+)`", declared)) - {"count", "user"}
    assert reasons <= words_by(events, "data-reason").keys()


# --- deletion -------------------------------------------------------------------------------


def test_an_account_is_not_deleted_by_one_click(browse):
    answer = browse("/account/delete-account/")
    assert "This cannot be undone." in answer.content.decode()
    (sure,) = [
        each for _, each, _ in answer.elements.named("input") if each.get("type") == "checkbox"
    ]
    assert "checked" not in sure


# --- the log-in -----------------------------------------------------------------------------


def test_the_log_in_counts_as_many_tries_as_a_challenge_has(browse):
    [form] = [each for _, each, _ in browse("/account/log-in/").elements.named("form")][1:]
    assert form["data-tries"] == str(PENDING_TRIES)
