import pytest
from authkit.core.fields import PasswordField, SecretField, StrictCharField
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


def test_a_missing_member_is_refused():
    with pytest.raises(ValidationError) as caught:
        FIELD.run_validation()
    assert caught.value.detail[0].code == "required"


def test_a_limit_has_to_be_given():
    with pytest.raises(TypeError):
        StrictCharField()


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
