"""Every mail there is, in all its parts, and the command that shows them."""

import re
from io import StringIO
from pathlib import Path

import authkit
import pytest
from authkit.core.mail.mailer import render
from authkit.core.mail.samples import SAMPLES
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.html import escape

TEMPLATES = Path(authkit.__file__).parent / "templates" / "authkit" / "mail"

FRAMES = {"base.subject.txt", "base.txt", "base.html"}


def preview(*arguments):
    out = StringIO()
    call_command("authkit_preview_mail", *arguments, stdout=out)
    return out.getvalue()


def test_every_mail_has_a_sample_and_three_templates():
    parts = {f"{name}{part}" for name in SAMPLES for part in (".subject.txt", ".txt", ".html")}
    assert {path.name for path in TEMPLATES.iterdir()} == parts | FRAMES


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "pt-br", "zh-hans", "ar"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_says_the_same_in_text_and_html_under_one_line(name, language):
    with translation.override(language):
        mail = render(name, SAMPLES[name])
    assert mail.subject == mail.subject.strip() != ""
    assert "\n" not in mail.subject
    assert not re.search(r"[{}]|%[}(]", mail.subject + mail.text)
    paragraphs = mail.text.strip().split("\n\n")
    assert len(paragraphs) > 1
    assert all(each in mail.html or escape(each) in mail.html for each in paragraphs)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_names_the_site_in_every_part(name, settings):
    unnamed = render(name, SAMPLES[name])
    settings.AUTHKIT = {"SITE_NAME": "Käse & Co"}
    named = render(name, SAMPLES[name])
    assert named.subject == f"[Käse & Co] {unnamed.subject}"
    assert named.text == f"{unnamed.text}\nKäse & Co\n"
    assert "<p>Käse &amp; Co</p>" in named.html
    assert "[" not in unnamed.subject


def test_a_name_that_the_checks_would_refuse_adds_no_header(settings):
    settings.AUTHKIT = {"SITE_NAME": "Acme\r\nBcc: all@example.com\u2028Cc: b@example.com"}
    subject = render("token_reused", SAMPLES["token_reused"]).subject
    assert subject.startswith("[Acme Bcc: all@example.com Cc: b@example.com] ")


def test_a_template_that_replaces_a_frame_decides_where_the_name_is(settings, tmp_path):
    frame = tmp_path / "authkit" / "mail" / "base.subject.txt"
    frame.parent.mkdir(parents=True)
    frame.write_text("{% block content %}{% endblock %} ({{ site_name }})")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.AUTHKIT = {"SITE_NAME": "Acme"}
    with translation.override("en"):
        mail = render("password_changed", SAMPLES["password_changed"])
    assert mail.subject == "Your password has been changed (Acme)"


@pytest.mark.parametrize("name", SAMPLES)
def test_what_stands_between_tags_is_marked_for_translation(name):
    for part in (".subject.txt", ".txt", ".html"):
        source = (TEMPLATES / f"{name}{part}").read_text()
        source = re.sub(r"{% blocktranslate.*?endblocktranslate %}", "", source, flags=re.DOTALL)
        assert not re.search(r"[A-Za-z]", re.sub(r"{[%{].*?[%}]}|<[^>]*>", "", source))


def test_without_a_name_the_mails_are_listed():
    assert preview().split() == list(SAMPLES)


def test_a_mail_is_shown_whole_or_in_part():
    with translation.override("en"):
        mail = render("password_reset", SAMPLES["password_reset"])
        shown = preview("password_reset")
    assert preview("password_reset", "--text", "--language", "en").strip() == mail.text.strip()
    assert preview("password_reset", "--html", "--language", "en").strip() == mail.html.strip()
    assert shown.strip() == f"Subject: {mail.subject}\n\n{mail.text}\n{mail.html}".strip()


def test_it_is_shown_in_a_language():
    assert 'lang="ar" dir="rtl"' in preview("token_reused", "--html", "--language", "ar")


@pytest.mark.parametrize("name", ["no_such_mail", "base", "../../admin/base"])
def test_a_name_of_no_mail_is_refused_with_those_there_are(name):
    with pytest.raises(CommandError, match="password_reset"):
        preview(name)
