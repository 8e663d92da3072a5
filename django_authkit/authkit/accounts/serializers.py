from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EmailValidator
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.metadata import SimpleMetadata
from rest_framework.validators import UniqueValidator

from authkit.accounts.columns import (
    column_named,
    identifiers,
    is_kept,
    is_key_or_reverse,
    own_fields,
    touched_by_every_save,
)
from authkit.accounts.names import normalised_email
from authkit.conf import conf
from authkit.core.http.body.fields import (
    CodeField,
    PasswordField,
    SecretField,
    StrictCharField,
)
from authkit.core.http.body.serializers import StrictSerializer
from authkit.core.identity.domains import in_ascii
from authkit.core.identity.one_time_links import MAX_TOKEN_LENGTH
from authkit.core.identity.unverified_email import is_verified
from authkit.core.identity.users import AuthUser

#: Columns that owners never write, whatever a serializer declares (mass assignment, OWASP
#: API3:2023).
PRIVILEGED = {
    "pk",
    "password",
    "last_login",
    "date_joined",
    "is_active",
    "is_staff",
    "is_superuser",
    "groups",
    "user_permissions",
}

#: Columns of personal names, where the user model has them.
NAMES = ("first_name", "last_name")

#: The length of a text where no column sets a limit.
LONGEST_TEXT = 10_000


class UnquotedEmailValidator(EmailValidator):
    """Refuses a quoted local part, which has several spellings of the same mailbox.

    Each spelling (RFC 5321 section 4.1.2) would be an account of its own.
    """

    def __call__(self, value: str | None) -> None:
        local, at, domain = str(value).rpartition("@")
        super().__call__(local + at + in_ascii(domain))
        if local.startswith('"'):
            raise DjangoValidationError(self.message, self.code, {"value": value})


class TextField(StrictCharField):
    """A text with a limit also where its column has none or is read-only: DRF passes none."""

    def __init__(self, *, max_length: int = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)


class NormalisedEmailField(StrictCharField):
    """An e-mail address, normalised and then validated."""

    def __init__(self, *, max_length: int = 254, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.validators.append(UnquotedEmailValidator())

    def to_internal_value(self, data: Any) -> str:
        return normalised_email(super().to_internal_value(data))


#: Our strict fields in place of DRF's.
_STRICT: dict[Any, Any] = {
    serializers.CharField: TextField,
    serializers.EmailField: NormalisedEmailField,
}


class EmailVerifiedField(serializers.BooleanField):
    """Whether the e-mail address of the user is verified."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> bool:
        return is_verified(value)


class UserSerializer(StrictSerializer, serializers.ModelSerializer[AuthUser]):
    """Fields of the user model that their owner may write; unknown fields are refused.

    :data:`PRIVILEGED` fields, the primary key and reverse relations are read-only, whatever a
    subclass declares. Texts are not stripped.
    """

    serializer_field_mapping = {
        column: _STRICT.get(kind, kind)
        for column, kind in serializers.ModelSerializer.serializer_field_mapping.items()
    }

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for name, field in fields.items():
            if self.is_closed(field.source or name):
                field.read_only = True
        return fields

    def is_closed(self, source: str) -> bool:
        """Return whether an attribute of the user is read-only here."""
        return source in PRIVILEGED or is_key_or_reverse(column_named(source))


class ProfileSerializer(UserSerializer):
    """The user's own account.

    A project subclasses it with more ``Meta.fields``. User name and e-mail address are read-only:
    ``email/change/`` changes the e-mail address, after verification.
    """

    class Meta:
        model = get_user_model()
        fields = list(dict.fromkeys([model._meta.pk.name, *identifiers(), *own_fields(*NAMES)]))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        if not conf.EMAIL_VERIFICATION_REQUIRED:
            fields["email_verified"] = EmailVerifiedField()
        return fields

    def is_closed(self, source: str) -> bool:
        return super().is_closed(source) or source in identifiers()

    def update(self, instance: AuthUser, validated_data: dict[str, Any]) -> AuthUser:
        """Write only the columns sent, since concurrent requests may write others."""
        columns = set(touched_by_every_save())
        for name, value in validated_data.items():
            column = column_named(name)
            if column is not None and column.many_to_many:
                getattr(instance, name).set(value)
                continue
            setattr(instance, name, value)
            columns |= {name} if column is not None else set()
        instance.save(update_fields=columns)
        return instance


class FormMetadata(SimpleMetadata):
    """REST framework's description of fields, with the kinds that a form asks for otherwise."""

    def get_field_info(self, field: Any) -> dict[str, Any]:
        described: dict[str, Any] = super().get_field_info(field)
        if isinstance(field, NormalisedEmailField):
            described["type"] = "email"
        elif field.style.get("input_type") == "password":
            described["type"] = "password"
        elif field.style.get("base_template") == "textarea.html":
            described["type"] = "long text"
        return described


class RegistrationSerializer(UserSerializer):
    """A new account: user name, e-mail address, password.

    A project subclasses it with more columns of the user model in ``Meta.fields``. A declared
    field without a column is validated, but not stored.
    """

    class Meta:
        model = get_user_model()
        fields = identifiers()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        model = get_user_model()
        fields = super().get_fields()
        for name, field in fields.items():
            # No unique validators, against user enumeration: the database decides later.
            field.validators = [v for v in field.validators if not isinstance(v, UniqueValidator)]
            if name == model.get_email_field_name():
                fields[name] = NormalisedEmailField(max_length=_longest(name))
        return {**fields, "password": PasswordField()}

    def is_closed(self, source: str) -> bool:
        if source in identifiers():
            return False
        # A row of another table needs an existing user.
        is_elsewhere = column_named(source) is not None and not is_kept(source)
        return is_elsewhere or super().is_closed(source)

    @classmethod
    def described(cls) -> dict[str, dict[str, Any]]:
        """Return what a form has to know of each field, by its name.

        It is REST framework's metadata of a view, with the types ``password`` and ``long text``.
        """
        described: dict[str, dict[str, Any]] = FormMetadata().get_serializer_info(cls())
        return described

    def get_validators(self) -> list[Any]:
        return []  # validators of unique constraints would allow user enumeration, too

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        name = get_user_model().USERNAME_FIELD
        if isinstance(attrs.get(name), str):
            attrs[name] = get_user_model().normalize_username(attrs[name])
        return attrs


class EmailSerializer(StrictSerializer):
    example = {"email": "ann@example.com"}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        name = get_user_model().get_email_field_name()
        return {"email": NormalisedEmailField(max_length=_longest(name))}


class EmailChangeSerializer(EmailSerializer):
    example = {"email": "ann@example.com", "password": "correct horse battery staple"}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            **super().get_fields(),
            "password": PasswordField(
                required=False, help_text="The account's password; required unless there is a code."
            ),
            "code": CodeField(
                required=False,
                help_text="A code of the second factor; it replaces the password.",
            ),
        }


class LinkSerializer(StrictSerializer):
    example = {"token": "eyJhbGciOi...", "password": "correct horse battery staple"}

    token = SecretField(max_length=MAX_TOKEN_LENGTH)
    password = PasswordField(
        required=False,
        help_text="The account's password; required by registration, e-mail verification and the "
        "link of a first password.",
    )


class FirstPasswordSerializer(StrictSerializer):
    example = {"code": "287082", "new_password": "another staple of the battery horse"}

    code = CodeField(
        required=False,
        help_text="A code of the second factor, or a recovery code; required if the account has "
        "a second factor.",
    )
    new_password = PasswordField(
        required=False, help_text="Required with a code; else it is chosen with the mailed link."
    )


class AccountDeletionSerializer(StrictSerializer):
    example = {"password": "correct horse battery staple"}

    password = PasswordField(
        required=False, help_text="The account's password; required if the account has one."
    )
    code = CodeField(
        required=False, help_text="A code of the second factor; required if the account has one."
    )


def profile_serializer() -> type[ProfileSerializer]:
    serializer: type[ProfileSerializer] = import_string(conf.PROFILE_SERIALIZER)
    return serializer


def registration_serializer() -> type[RegistrationSerializer]:
    serializer: type[RegistrationSerializer] = import_string(conf.REGISTRATION_SERIALIZER)
    return serializer


def _longest(name: str) -> int:
    """Return the maximum length of an e-mail address: that of the column, at most SMTP's 254."""
    return min(254, getattr(column_named(name), "max_length", None) or 254)
