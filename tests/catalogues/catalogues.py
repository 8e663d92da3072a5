"""Reads the strings that are marked in the package, and the catalogues that translate them.

Babel does both, so that the project needs no GNU gettext.
"""

from __future__ import annotations

import io
from pathlib import Path

import authkit
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(authkit.__file__).parent
LOCALE = PACKAGE / "locale"

#: German, Spanish, French, European and Brazilian Portuguese, Simplified Chinese, and Arabic, which
#: is written from right to left.
LANGUAGES = ("de", "es", "fr", "pt", "pt_BR", "zh_Hans", "ar")

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def marked() -> Catalog:
    """Return a catalogue of every string that is marked in modules and templates."""
    template = Catalog(project="django-authkit", fuzzy=False)
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("templates/**/*.*")]):
        where = path.relative_to(PACKAGE).as_posix()
        found = extract("python", _source(path), KEYWORDS, ["Translators:"])
        for _, messages, comments, context in found:
            # No line numbers: they would change with every change of a module.
            template.add(messages, None, [(where, None)], [], comments, context=context)
    return template


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    with po_file(language).open("rb") as source:
        return read_po(source, locale=language)


def written(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalog, width=96, sort_output=True, omit_header=False)
    return out.getvalue()


def compiled(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def _source(path: Path) -> io.BytesIO:
    text = path.read_text()
    if path.suffix != ".py":
        # Django makes Python of a template; its indentation means nothing.
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    return io.BytesIO(text.encode())


def untranslated(catalog: Catalog) -> list[Message]:
    """Return the strings that lack a translation, or one of its plural forms."""
    return [
        message
        for message in catalog
        if message.id and (message.fuzzy or not all(forms_of(message, catalog.num_plurals)))
    ]


def forms_of(message: Message, plurals: int) -> list[str]:
    """Return what is said for one and for several, in as many forms as the language has."""
    if not message.pluralizable:
        return [str(message.string or "")]
    strings = list(message.string)
    return strings + [""] * (plurals - len(strings))
