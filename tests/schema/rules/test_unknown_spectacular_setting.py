from __future__ import annotations

import pytest
from authkit.schema.rules.unknown_spectacular_setting import RULE
from django.test import override_settings

from tests.schema.documents import OpenView, audited_schema, route


def offences(**written):
    with override_settings(SPECTACULAR_SETTINGS=written):
        return list(RULE.look(audited_schema(route(OpenView))))


@pytest.mark.parametrize("key", ["SECURITY_SCHEMES", "SECURITY_DEFINITIONS", "COMPONENTS"])
def test_a_key_that_is_often_made_up_is_found_with_the_right_one(key):
    (offence,) = offences(**{key: {}})
    assert (offence.subject, offence.suggestion) == (
        key,
        'SPECTACULAR_SETTINGS["APPEND_COMPONENTS"] = ...',
    )


def test_a_misspelt_key_is_found_with_the_right_one():
    (offence,) = offences(POSTPROCESSING_HOOK=[])
    assert offence.message.endswith('"POSTPROCESSING_HOOKS" may be meant.')


def test_a_key_like_no_other_is_found():
    (offence,) = offences(XYZ=1)
    assert (offence.message, offence.suggestion) == ('drf-spectacular has no setting "XYZ".', "")


def test_keys_that_exist_are_left_alone():
    assert offences(TITLE="Shop", SECURITY=[], APPEND_COMPONENTS={}) == []


def test_settings_without_a_key_are_left_alone():
    assert offences() == []
