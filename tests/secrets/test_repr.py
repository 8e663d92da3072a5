"""No ``repr()`` shows a secret: it ends in logs, crash reports and shells."""

import dataclasses
import inspect
import pkgutil
from importlib import import_module
from uuid import uuid4

import authkit
import pytest
from authkit.api_keys.flows import NewKey
from authkit.core.mail.mailer import Mail, RenderedMail
from authkit.factors.totp.flows import Setup
from authkit.login.flows import SecondFactorRequired
from authkit.models import APIKey, Session
from authkit.sessions.issue import FreshAccess, TokenPair

SECRETS = {"access", "challenge", "code", "codes", "key", "link", "links", "otp", "otpauth_url"}
SECRETS |= {"data", "password", "recovery_codes", "refresh", "secret", "token", "context"}

CARRIERS = [
    TokenPair("hidden", "hidden", 300, Session(user_agent="hidden"), data={"access": "hidden"}),
    FreshAccess(access="hidden", expires_in=300),
    Setup(secret="hidden", otpauth_url="hidden", expires_in=300, id=uuid4()),
    NewKey(APIKey(name="job"), key="hidden"),
    Mail("password_reset", "hidden", {"link": "hidden"}, None),
    RenderedMail("Subject", "hidden", "hidden"),
    SecondFactorRequired(challenge="hidden", methods=["totp"]),
]


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: type(one).__name__)
def test_what_carries_a_secret_does_not_show_it(carrier):
    shown = f"{carrier!r} {carrier} {Exception(carrier)} {Exception(carrier)!r} {[carrier]}"
    assert "hidden" not in shown
    assert type(carrier).__name__ in shown


def classes():
    """Every class of the package that is written with fields, the schema room's aside."""
    for module in pkgutil.walk_packages(authkit.__path__, "authkit."):
        if module.name.startswith(("authkit.schema", "authkit.__main__")):
            continue  # it audits documents, and holds no secret of a user
        try:
            names = vars(import_module(module.name)).values()
        except ImportError:  # core.mail.task needs Django 6.0
            continue
        for one in names:
            home = one.__module__ if inspect.isclass(one) else ""
            if home.startswith("authkit.") and not home.startswith("authkit.schema"):
                yield one


def test_no_field_with_the_name_of_a_secret_is_shown():
    seen = set(classes())
    fields = [
        (one.__name__, field.name, field.repr)
        for one in seen
        if dataclasses.is_dataclass(one)
        for field in dataclasses.fields(one)
    ]
    assert ("TokenPair", "access", False) in fields
    assert [field for field in fields if field[1] in SECRETS and field[2]] == []
    # A named tuple shows all of its members.
    tuples = [(one.__name__, SECRETS & set(getattr(one, "_fields", ()))) for one in seen]
    assert [one for one in tuples if one[1]] == []


def test_no_exception_of_ours_has_a_member_for_a_secret():
    for one in classes():
        if issubclass(one, Exception) and "__init__" in vars(one):
            # REST framework's "code" is the machine-readable reason.
            assert not (SECRETS - {"code"}) & set(inspect.signature(one).parameters), one
