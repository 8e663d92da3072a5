from __future__ import annotations

import pytest
from authkit.schema.rules.unknown_spectacular_setting import RULE
from django.test import override_settings

from tests.schema.documents import OpenView, audited_schema, route


def offences(**written):
    with override_settings(SPECTACULAR_SETTINGS=written):
        return list(RULE.look(audited_schema(route(OpenView))))


@pytest.mark.parametrize(
    ("key", "value", "appended"),
    [
        ("SECURITY_SCHEMES", {"b": {}}, {"securitySchemes": {"b": {}}}),
        ("SECURITY_DEFINITIONS", {"b": {}}, {"securitySchemes": {"b": {}}}),
        ("COMPONENTS", {"schemas": {}}, {"schemas": {}}),
    ],
)
def test_a_key_that_is_often_made_up_is_found_with_the_right_one(key, value, appended):
    (offence,) = offences(**{key: value})
    assert offence.subject == key
    scope = {"SPECTACULAR_SETTINGS": {key: value}}
    exec(offence.suggestion, scope)
    assert scope["SPECTACULAR_SETTINGS"] == {"APPEND_COMPONENTS": appended}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("POSTPROCESSING_HOOK", "POSTPROCESSING_HOOKS"),
        ("TITEL", "TITLE"),
        ("LICENCE", "LICENSE"),
        ("COMPONENTS_SPLIT_REQUEST", "COMPONENT_SPLIT_REQUEST"),
        ("title", "TITLE"),
    ],
)
def test_a_misspelt_key_is_found_with_the_right_one(key, meant):
    (offence,) = offences(**{key: "x"})
    assert offence.message.endswith(f'"{meant}" may be meant.')
    scope = {"SPECTACULAR_SETTINGS": {key: "x"}}
    exec(offence.suggestion, scope)
    assert scope["SPECTACULAR_SETTINGS"] == {meant: "x"}


@pytest.mark.parametrize(
    "key",
    [
        "AUTHENTICATION_CLASSES",
        "BASE_PATH",
        "HOST",
        "OAUTH2_AUTH_URL",
        "PERMISSION_CLASSES",
        "SERVE_AUTH",
        "SERVE_URL",
        "VERSIONING",
    ],
)
def test_a_key_of_another_meaning_is_not_guessed_at(key):
    (offence,) = offences(**{key: []})
    assert offence.message == f'drf-spectacular has no setting "{key}".'
    assert offence.suggestion == ""


def test_a_key_that_is_written_rightly_as_well_is_not_overwritten():
    (offence,) = offences(TITEL="Old", TITLE="New")
    assert offence.message.endswith('"TITLE" may be meant.')
    assert offence.suggestion == ""


def test_a_key_like_no_other_is_found():
    (offence,) = offences(XYZ=1)
    assert (offence.message, offence.suggestion) == ('drf-spectacular has no setting "XYZ".', "")


def test_keys_that_exist_are_left_alone():
    assert offences(TITLE="Shop", SECURITY=[], APPEND_COMPONENTS={}) == []


def test_settings_without_a_key_are_left_alone():
    assert offences() == []
