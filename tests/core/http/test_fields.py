from copy import deepcopy

import pytest
from authkit.core.http.body.fields import PasswordField, SecretField, StrictCharField
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

FIELD = StrictCharField(max_length=10)

TAKEN = ["a", " a ", "\t", "\u00e9", "e\u0301", "\u20ac" * 10, "\U0001f511", "null", "1", "a\nb"]
REFUSED = {
    "number": (1, "invalid"),
    "zero": (0, "invalid"),
    "float": (1.5, "invalid"),
    "true": (True, "invalid"),
    "false": (False, "invalid"),
    "list": (["a"], "invalid"),
    "object": ({"a": "b"}, "invalid"),
    "bytes": (b"a", "invalid"),
    "null": (None, "null"),
    "empty": ("", "blank"),
    "NUL": ("a\0b", "null_characters_not_allowed"),
    "NUL alone": ("\0", "null_characters_not_allowed"),
    "lone high surrogate": ("\ud800", "surrogate_characters_not_allowed"),
    "lone low surrogate": ("a\udfff", "surrogate_characters_not_allowed"),
    "eleven": ("a" * 11, "max_length"),
    "eleven spaces": (" " * 11, "max_length"),
    "a megabyte": ("a" * 1_000_000, "max_length"),
    "long and with surrogates": ("\ud800" * 11, "max_length"),
}


@pytest.mark.parametrize("value", TAKEN, ids=ascii)
@pytest.mark.parametrize("field", [FIELD, SecretField(max_length=10), PasswordField()])
def test_what_was_sent_comes_out_as_it_was_sent(field, value):
    assert field.run_validation(value) == value


@pytest.mark.parametrize(("value", "code"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_once(value, code):
    with pytest.raises(ValidationError) as caught:
        FIELD.run_validation(value)
    assert [detail.code for detail in caught.value.detail] == [code]


def test_every_serializer_has_fields_of_its_own():
    declared = StrictCharField(max_length=10, help_text="Ten.", style={"input_type": "text"})

    class Ten(serializers.Serializer):
        ten = declared

    first, second = Ten().fields["ten"], Ten().fields["ten"]
    first.validators.clear()
    first.error_messages["blank"] = "Changed."
    first.style["input_type"] = "changed"
    for field in (declared, second):
        assert field.run_validation("a" * 10) == "a" * 10
        assert [type(validator) for validator in field.validators] == [
            MaxLengthValidator,
            ProhibitNullCharactersValidator,
        ]
        assert field.error_messages["blank"] != "Changed."
        assert field.style == {"input_type": "text"}
    assert (declared.field_name, second.field_name, second.help_text) == (None, "ten", "Ten.")
    assert repr(second) == repr(declared)


def test_a_field_of_one_serializer_can_be_copied_into_another_under_another_name():
    class Ten(serializers.Serializer):
        ten = StrictCharField(max_length=10)

    class More(serializers.Serializer):
        more = deepcopy(Ten().fields["ten"])

    serializer = More(data={"more": " a"})
    assert serializer.is_valid()
    assert serializer.validated_data == {"more": " a"}
    assert (serializer.fields["more"].source, serializer.fields["more"].label) == ("more", "More")


def test_every_serializer_has_a_list_of_its_own():
    class Tens(serializers.Serializer):
        tens = serializers.ListField(child=StrictCharField(max_length=10))

    for _ in range(3):
        assert Tens(data={"tens": [" a"]}).is_valid()
        refused = Tens(data={"tens": ["a" * 11]})
        assert not refused.is_valid()
        assert refused.errors["tens"][0][0].code == "max_length"


def test_a_missing_member_is_refused():
    with pytest.raises(ValidationError) as caught:
        FIELD.run_validation()
    assert caught.value.detail[0].code == "required"


def test_a_limit_has_to_be_given():
    with pytest.raises(TypeError):
        StrictCharField()


def test_a_field_strips_where_it_is_configured_to():
    field = StrictCharField(max_length=10, trim_whitespace=True)
    assert field.run_validation(" a\t") == "a"
    for value, code in ((" ", "blank"), (1, "invalid"), (" " * 11, "max_length")):
        with pytest.raises(ValidationError) as caught:
            field.run_validation(value)
        assert [detail.code for detail in caught.value.detail] == [code]


def test_a_password_may_have_4096_characters_and_no_more():
    assert PasswordField().run_validation("\u20ac" * 4096) == "\u20ac" * 4096
    with pytest.raises(ValidationError):
        PasswordField().run_validation("a" * 4097)


def test_a_secret_is_not_part_of_an_answer():
    class Both(serializers.Serializer):
        shown = StrictCharField(max_length=10)
        secret = SecretField(max_length=10)

    serializer = Both(data={"shown": "a", "secret": "hunter2"})
    assert serializer.is_valid()
    assert serializer.data == {"shown": "a"}
    assert SecretField(max_length=1).style == {"input_type": "password"}


def test_a_refusal_does_not_repeat_the_secret():
    with pytest.raises(ValidationError) as caught:
        SecretField(max_length=3).run_validation("hunter2")
    assert "hunter2" not in str(caught.value.detail)
