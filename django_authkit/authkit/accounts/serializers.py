from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EmailValidator
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from authkit.accounts.columns import (
    column_named,
    identifiers,
    is_kept,
    is_key_or_reverse,
    own_fields,
    touched_by_every_save,
)
from authkit.accounts.names import normalised_address
from authkit.conf import conf
from authkit.core.http.fields import (
    CodeField,
    PasswordField,
    SecretField,
    StrictCharField,
    StrictSerializer,
)
from authkit.core.identity.domains import in_ascii
from authkit.core.identity.one_time_links import MAX_TOKEN_LENGTH
from authkit.core.identity.unverified_email import is_verified
from authkit.core.identity.users import AuthUser

#: What nobody writes about themselves, whatever a serializer declares: what they may do, how
#: they prove who they are, and what is kept about them.
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

#: What people are called, where the model has columns for it.
NAMES = ("first_name", "last_name")

#: The length of a text where no column sets a limit.
LONGEST_TEXT = 10_000


class AddressValidator(EmailValidator):
    """Takes no local part in quotes, in which every letter can be spelt in two ways.

    They are one mailbox (RFC 5321 section 4.1.2), and would be an account each.
    """

    def __call__(self, value: str | None) -> None:
        local, at, domain = str(value).rpartition("@")
        super().__call__(local + at + in_ascii(domain))
        if local.startswith('"'):
            raise DjangoValidationError(self.message, self.code, {"value": value})


class TextField(StrictCharField):
    """A text. DRF passes no limit on where its column has none, or where it is only shown."""

    def __init__(self, *, max_length: int = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)


class AddressField(StrictCharField):
    """An e-mail address: brought into its normal form, and then looked at."""

    def __init__(self, *, max_length: int = 254, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.validators.append(AddressValidator())

    def to_internal_value(self, data: Any) -> str:
        return normalised_address(super().to_internal_value(data))


#: What is used for DRF's own.
_STRICT: dict[Any, Any] = {
    serializers.CharField: TextField,
    serializers.EmailField: AddressField,
}


class EmailVerifiedField(serializers.BooleanField):
    """Whether the address of a user is proved."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> bool:
        return is_verified(value)


class UserSerializer(StrictSerializer, serializers.ModelSerializer[AuthUser]):
    """Fields of the user model that their owner writes. Any other member is refused.

    Whatever a subclass declares, what is :data:`PRIVILEGED`, the primary key and relations of
    other models to the user are shown at most. Texts are kept as they came.
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
        """Say whether an attribute of the user may not be written here."""
        return source in PRIVILEGED or is_key_or_reverse(column_named(source))


class ProfileSerializer(UserSerializer):
    """What users see of their own row, and what of it they change.

    A project's own is a subclass with more in ``Meta.fields``. User name and address are shown
    alone: ``email/change/`` changes the address, after a proof.
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
        """Write what was sent, and no other column of a row that others may be changing."""
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


class RegistrationSerializer(UserSerializer):
    """What an account begins with: user name, address, password.

    A project's own is a subclass with more columns of the user model in ``Meta.fields``. What it
    declares that is no column is validated, and not kept.
    """

    class Meta:
        model = get_user_model()
        fields = identifiers()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        model = get_user_model()
        fields = super().get_fields()
        for name, field in fields.items():
            # Who has a name already is not for strangers to know. The database decides later.
            field.validators = [v for v in field.validators if not isinstance(v, UniqueValidator)]
            if name == model.get_email_field_name():
                fields[name] = AddressField(max_length=_longest(name))
        return {**fields, "password": PasswordField()}

    def is_closed(self, source: str) -> bool:
        if source in identifiers():
            return False
        # What is kept in another table needs a user who is there.
        is_elsewhere = column_named(source) is not None and not is_kept(source)
        return is_elsewhere or super().is_closed(source)

    def get_validators(self) -> list[Any]:
        return []  # those of unique constraints, too, would tell

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        name = get_user_model().USERNAME_FIELD
        if isinstance(attrs.get(name), str):
            attrs[name] = get_user_model().normalize_username(attrs[name])
        return attrs


class EmailSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        name = get_user_model().get_email_field_name()
        return {"email": AddressField(max_length=_longest(name))}


class LinkSerializer(StrictSerializer):
    token = SecretField(max_length=MAX_TOKEN_LENGTH)
    password = PasswordField(
        required=False,
        help_text="The one that was chosen; needed to register, and to prove an account's address.",
    )


class AccountDeletionSerializer(StrictSerializer):
    password = PasswordField()
    code = CodeField(required=False, help_text="Of the second factor; needed where there is one.")


def profile_serializer() -> type[ProfileSerializer]:
    serializer: type[ProfileSerializer] = import_string(conf.PROFILE_SERIALIZER)
    return serializer


def registration_serializer() -> type[RegistrationSerializer]:
    serializer: type[RegistrationSerializer] = import_string(conf.REGISTRATION_SERIALIZER)
    return serializer


def _longest(name: str) -> int:
    """Return how long an address may be: what the column holds, and no more than SMTP takes."""
    return min(254, getattr(column_named(name), "max_length", None) or 254)
