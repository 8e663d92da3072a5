"""What forms ask for: columns of the user model, and fields of the project's serializer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from authkit.conf import conf

#: What asks for each kind of field, as the serializer describes it.
INPUTS: Mapping[str, str] = {
    "string": "text",
    "regex": "text",
    "slug": "text",
    "long text": "textarea",
    "password": "password",
    "email": "email",
    "url": "url",
    "integer": "number",
    "float": "number",
    "decimal": "number",
    "date": "date",
    "time": "time",
    "datetime": "datetime-local",
    "boolean": "checkbox",
    "choice": "select",
}

#: What browsers may fill in (WCAG 2.2, 1.3.5).
AUTOCOMPLETE: Mapping[str, str] = {"first_name": "given-name", "last_name": "family-name"}


def label_of(column: Any) -> str:
    """Return what a page calls a column of the user model, in the middle of a sentence.

    The e-mail address has one name on all pages; Django's own differs from it in some languages.
    A name that the project gives to its column stays.
    """
    if column.name != get_user_model().get_email_field_name():
        return str(column.verbose_name)
    with override(None):
        is_named = str(column.verbose_name) not in {"email address", column.name.replace("_", " ")}
    return str(column.verbose_name) if is_named else gettext("e-mail address")


def registration_fields() -> list[dict[str, Any]]:
    """Return the fields that users fill in, in the order of the serializer.

    Those that no input can send as the endpoint takes them are left out: lists, files, nested
    objects, relations.
    """
    serializer = import_string(conf.REGISTRATION_SERIALIZER)
    return [
        _field(name, described)
        for name, described in serializer.described().items()
        if described["type"] in INPUTS and not described.get("read_only")
    ]


def _field(name: str, described: Mapping[str, Any]) -> dict[str, Any]:
    model = get_user_model()
    is_email, is_username = name == model.get_email_field_name(), name == model.USERNAME_FIELD
    label = described.get("label", name)
    if is_email:
        label = capfirst(label_of(model._meta.get_field(name)))
    autocomplete = "username" if is_username else "email" if is_email else AUTOCOMPLETE.get(name)
    kind, is_optional = INPUTS[described["type"]], not described["required"]
    if is_optional and kind != "checkbox":
        label = gettext("%(label)s (optional)") % {"label": label}
    return {
        "name": name,
        "kind": kind,
        "label": label,
        "help": described.get("help_text", ""),
        "optional": is_optional,
        "max_length": described.get("max_length"),
        "choices": [
            (str(choice["value"]), choice["display_name"])
            for choice in described.get("choices", ())
        ],
        "autocomplete": autocomplete or "on",
        "is_identifier": is_email or is_username,
    }
