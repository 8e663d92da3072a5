"""One function for each call of the endpoints of accounts; all return the answer."""

import re
from collections.abc import Sequence

from authkit.models import Session
from authkit.sessions.models import password_fingerprint
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from tests.conftest import AUTH, PASSWORD, bearer

USER = get_user_model()
EMAIL = USER.get_email_field_name()
URL = "https://app.example/confirm#token={token}"
ON = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": URL}
ANNOUNCEMENT = "A change of your e-mail address was requested"
HAS_ADDRESSES = EMAIL in {field.name for field in USER._meta.get_fields()}


def post(client, path, body, access=None):
    headers = bearer(access) if access else {}
    return client.post(AUTH + path, body, format="json", **headers)


def body(address, name=None, password=PASSWORD, **more):
    """What a registration takes for every user model of the suite."""
    values = {USER.USERNAME_FIELD: name or address.partition("@")[0].replace(" ", "")}
    return {**values, EMAIL: address, "password": password, **more}


def register(client, address, name=None, password=PASSWORD, **more):
    return post(client, "register/", body(address, name, password, **more))


def verify(client, token, password=PASSWORD):
    return post(client, "email/verify/", {"token": token, "password": password})


def open_link(client, token):
    return post(client, "email/verify/", {"token": token})


def resend(client, address):
    return post(client, "email/verify/resend/", {"email": address})


def change(client, access, address, password=PASSWORD):
    return post(client, "email/change/", {"email": address, "password": password}, access)


class ExceptAnnouncements(Sequence):
    """The mails that were sent, but for those that tell an address what has been asked for."""

    def __init__(self, outbox):
        self.outbox = outbox

    def _rest(self):
        return [message for message in self.outbox if message.subject != ANNOUNCEMENT]

    def __getitem__(self, index):
        return self._rest()[index]

    def __len__(self):
        return len(self._rest())

    def clear(self):
        self.outbox.clear()


def token_in(message):
    """Return the token of the link in a mail."""
    return re.search(r"https://app\.example/confirm#token=([\w-]{43})", message.body)[1]


def take_password(person, encoded=None):
    """Take the password away, as of a user who came by a social log-in; the session lives on.

    ``encoded`` is what is stored in its place: by default what Django marks as unusable.
    """
    user = USER.objects.get(pk=person.pk)
    user.password = make_password(None) if encoded is None else encoded
    user.save()
    fingerprint = password_fingerprint(user)
    Session.objects.filter(user=person).update(password_fingerprint=fingerprint)
