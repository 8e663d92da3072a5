"""European and Brazilian Portuguese: two catalogues, each with the words of its readers."""

import re

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from tests.catalogues.catalogues import forms_of, read

#: A stem that one of them uses, and what the other one says instead.
EUROPEAN_AND_BRAZILIAN = {
    r"palavras?-passe": r"senha",
    r"utilizador": r"usuário",
    r"registo": r"cadastr|registro",
    r"aplicaç(ão|ões) de autenticação": r"aplicativos? autenticador",
    r"âmbito": r"escopo",
    r"\belimina": r"\bexclu",
    r"\baced": r"\bacess(ar|ou)",
}


def texts(language):
    catalog = read(language)
    return [" ".join(forms_of(m, catalog.num_plurals)).lower() for m in catalog if m.id]


@pytest.mark.parametrize(("european", "brazilian"), EUROPEAN_AND_BRAZILIAN.items())
@pytest.mark.parametrize("language", ["pt", "pt_BR"])
def test_each_uses_its_own_words(language, european, brazilian):
    own, foreign = (european, brazilian) if language == "pt" else (brazilian, european)
    said = texts(language)
    assert any(re.search(own, text) for text in said)
    assert [text for text in said if re.search(foreign, text)] == []


@pytest.mark.parametrize("tag", ["pt-br", "pt-BR"])
def test_a_brazilian_is_not_addressed_in_european_portuguese(tag):
    with translation.override(translation.get_supported_language_variant(tag)):
        subject = render_to_string("authkit/mail/password_changed.subject.txt")
    assert subject.strip() == "A sua senha foi alterada"
