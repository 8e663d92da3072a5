"""The language of a mail: its reader's, else a guess that no attacker makes for a warning."""

from types import SimpleNamespace

import pytest
from authkit.core.mail import mailer as mail
from authkit.core.mail.language import ANSWERS
from authkit.core.mail.mailer import Mail, send_all
from authkit.core.mail.samples import SAMPLES
from django.utils import translation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mailers")]

WARNINGS = SAMPLES.keys() - ANSWERS


def language_of(user):
    """What a project may write."""
    return user.language


def reader(language):
    return SimpleNamespace(language=language)


@pytest.fixture(autouse=True)
def _french_request(settings):
    settings.LANGUAGE_CODE = "es"
    with translation.override("fr"):
        yield


@pytest.fixture
def sent(mailoutbox):
    """A function that sends mails to these readers, and returns the languages they came in."""

    def send(name, *readers):
        send_all([Mail(name, "ann@example.com", SAMPLES[name], each) for each in readers])
        return [language(message) for message in mailoutbox]

    return send


def language(message):
    [(html, _)] = message.alternatives
    return html.partition('lang="')[2].partition('"')[0]


def test_answers_are_mails_that_there_are():
    assert SAMPLES.keys() > ANSWERS


@pytest.mark.parametrize("configured", [language_of, f"{__name__}.language_of"], ids=["it", "path"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_is_in_the_language_of_its_reader(settings, sent, name, configured):
    settings.AUTHKIT = {"USER_LANGUAGE": configured}
    assert sent(name, reader("de"), reader("ar"), reader("pt-br")) == ["de", "ar", "pt-br"]


@pytest.mark.parametrize("code", ["de-at", "de-AT", "de"])
def test_a_variant_is_a_language(settings, sent, code):
    settings.AUTHKIT = {"USER_LANGUAGE": language_of}
    assert sent("token_reused", reader(code)) == ["de"]


@pytest.mark.parametrize("unknown", [None, "", "setting"], ids=repr)
@pytest.mark.parametrize("name", SAMPLES)
def test_if_that_is_not_known_then_only_an_answer_follows_the_request(
    settings, sent, security_log, name, unknown
):
    settings.AUTHKIT = {"USER_LANGUAGE": None if unknown == "setting" else language_of}
    assert sent(name, reader(unknown)) == ["fr" if name in ANSWERS else "es"]
    assert security_log() == []


@pytest.mark.parametrize("name", SAMPLES)
def test_where_there_is_no_account_nothing_is_asked(settings, sent, name):
    settings.AUTHKIT = {"USER_LANGUAGE": language_of}
    assert sent(name, None) == ["fr" if name in ANSWERS else "es"]


def breaks(user):
    raise RuntimeError("ann@example.com")


BROKEN = {
    "raises": (breaks, "RuntimeError"),
    "no such language": (lambda user: "xx", "LookupError"),
    "a path": (lambda user: "../../etc/passwd", "LookupError"),
    "no text": (lambda user: 5, "TypeError"),
    "a list": (lambda user: ["de"], "TypeError"),
}


@pytest.mark.parametrize(("configured", "error"), BROKEN.values(), ids=BROKEN)
def test_if_the_function_fails_then_the_mail_is_sent_and_the_log_says_so(
    settings, sent, security_log, caplog, configured, error
):
    settings.AUTHKIT = {"USER_LANGUAGE": configured}
    assert sent("password_changed", reader("de")) == ["es"]
    [(level, facts)] = security_log()
    assert (level, facts["event"]) == ("ERROR", "user_language_failed")
    assert "ann@example.com" not in caplog.text
    assert facts["error"] == error


def test_the_language_is_that_of_the_moment_the_mail_was_ordered(settings, mailoutbox, monkeypatch):
    """A worker is another process: its language is none of the two, and the user may be gone."""
    queue = []
    monkeypatch.setattr(mail, "_has_tasks", lambda: True)
    monkeypatch.setattr(mail, "import_string", lambda path: SimpleNamespace(enqueue=queue.append))
    settings.AUTHKIT = {"USER_LANGUAGE": language_of}
    ann = reader("de")
    send_all([Mail("account_deleted", "ann@example.com", {}, ann)])
    ann.language = None
    with translation.override("ar"):
        mail.deliver_sealed(queue.pop())
        assert translation.get_language() == "ar"
    assert [language(message) for message in mailoutbox] == ["de"]
