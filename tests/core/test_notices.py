"""Mails to the owner: after the commit, once, and never in the way of an answer."""

import logging
from smtplib import SMTPException

import pytest
from authkit.core import notices
from authkit.core.notices import tell_owner
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import override_settings

pytestmark = pytest.mark.django_db(transaction=True)

NOTICES = {
    "second_factor_enabled": {},
    "second_factor_disabled": {},
    "recovery_codes_low": {"left": 2},
    "token_reused": {},
}


@pytest.fixture(autouse=True)
def mailers(settings):
    """Django 6.1 warns where a project that sends mail has not said how; 5.2 knows no MAILERS."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.fixture
def reader(make_user, monkeypatch):
    """A user with an address, whatever the model."""
    user = make_user("reader")
    monkeypatch.setattr(get_user_model(), "get_email_field_name", lambda *a: "address")
    user.address = "reader@example.com"
    return user


@pytest.mark.parametrize(("notice", "context"), NOTICES.items(), ids=NOTICES)
def test_every_notice_has_a_subject_of_one_line_and_a_body(reader, mailoutbox, notice, context):
    tell_owner(reader, notice, **context)
    [mail] = mailoutbox
    assert mail.to == ["reader@example.com"]
    assert mail.subject.strip() == mail.subject != ""
    assert "\n" not in mail.subject
    assert len(mail.body) > 50
    assert "{" not in mail.subject + mail.body


@pytest.mark.parametrize("address", ["", None], ids=["empty", "none"])
def test_whoever_has_no_address_is_not_told(reader, mailoutbox, address):
    reader.address = address
    tell_owner(reader, "token_reused")
    assert mailoutbox == []


def test_a_user_without_such_a_column_is_not_told(make_user, mailoutbox, monkeypatch):
    monkeypatch.setattr(get_user_model(), "get_email_field_name", lambda *a: "no_such_column")
    tell_owner(make_user(), "token_reused")
    assert mailoutbox == []


def test_it_is_sent_after_the_commit(reader, mailoutbox):
    with transaction.atomic():
        tell_owner(reader, "token_reused")
        assert mailoutbox == []
    assert len(mailoutbox) == 1


def test_it_is_not_sent_after_a_rollback(reader, mailoutbox):
    with transaction.atomic():
        tell_owner(reader, "token_reused")
        transaction.set_rollback(True)
    assert mailoutbox == []


@pytest.mark.parametrize("error", [SMTPException("refused"), OSError("no route"), ValueError("x")])
def test_a_mail_that_cannot_be_sent_is_logged_and_nothing_else(
    reader, mailoutbox, monkeypatch, caplog, error
):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(notices, "send_mail", fail)
    with caplog.at_level(logging.ERROR, logger="authkit.mail"):
        tell_owner(reader, "token_reused")
    [record] = caplog.records
    assert record.name == "authkit.mail"
    assert "token_reused" in record.getMessage()
    assert "reader@example.com" not in record.getMessage()


def test_a_header_cannot_be_smuggled_in(reader, mailoutbox):
    with override_settings(
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.locmem.Loader",
                            {
                                "authkit/mail/x_subject.txt": "Hello {{ name }}\n\n there\n",
                                "authkit/mail/x.txt": "Body",
                            },
                        )
                    ]
                },
            }
        ]
    ):
        tell_owner(reader, "x", name="a\r\nBcc: all@example.com")
    [mail] = mailoutbox
    assert mail.subject == "Hello a Bcc: all@example.com there"
    assert mail.recipients() == ["reader@example.com"]
