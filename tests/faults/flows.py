"""The flows in which faults are injected: what comes before, and the request itself."""

from datetime import timedelta

from authkit.core import factors
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import issue
from authkit.core.identity.users import email_of
from authkit.passwords.reset import uid_of
from django.contrib.auth import get_user_model

from tests.accounts.calls import take_password
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.factors import calls
from tests.factors.phone import Phone
from tests.sessions.forge import claims_of

NEW_PASSWORD = "another correct horse"


def log_in(world):
    user = world.user()
    return user, lambda client: client.log_in(user)


def first_step(world):
    owner = world.owner()
    return owner.user, lambda client: client.log_in(owner.user)


def second_step(world):
    owner = world.owner()
    waiting, code = calls.challenge(Client(), owner.user), owner.phone.fresh_code()
    return owner.user, lambda client: calls.complete(client, waiting, code)


def recovery_code(world):
    owner = world.owner()
    waiting = calls.challenge(Client(), owner.user)
    return owner.user, lambda client: calls.complete(client, waiting, owner.recovery_codes[0])


def both_at_once(world):
    owner = world.owner()
    return owner.user, lambda client: calls.log_in_with(client, owner.user, owner.recovery_codes[0])


def reauthentication(world):
    owner = world.owner()
    code = owner.phone.fresh_code()
    return owner.user, lambda client: calls.reauthenticate(client, owner.access, code=code)


def refresh(world):
    user = world.user()
    token = Client().pair(user)["refresh"]
    return user, lambda client: client.refresh(token)


def log_out(world):
    user = world.user()
    token = Client().pair(user)["refresh"]
    return user, lambda client: client.revoke(token)


def log_out_elsewhere(world):
    user = world.user()
    pairs = [Client().pair(user) for _ in range(3)]
    headers = bearer(pairs[0]["access"])
    return user, lambda client: client.delete(AUTH + "sessions/", **headers)


def factor_on(world):
    user = world.user()
    Client().pair(user)  # another session, which ends
    access = Client().pair(user)["access"]
    phone = Phone(calls.set_up(Client(), access).json()["secret"], world.clock)
    return user, lambda client: calls.confirm(client, access, phone.code())


def another_set_up(world):
    owner = world.owner()
    code = owner.recovery_codes[0]
    return owner.user, lambda client: calls.set_up(client, owner.access, code)


def factor_off(world):
    owner = world.owner()
    code = owner.recovery_codes[0]
    return owner.user, lambda client: calls.disable(client, owner.access, code)


def new_recovery_codes(world):
    owner = world.owner()
    code = owner.phone.fresh_code()
    return owner.user, lambda client: calls.new_recovery_codes(client, owner.access, code)


def password_change(world):
    user = world.user()
    Client().pair(user)  # another session, which ends
    access = Client().pair(user)["access"]
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return user, lambda client: calls.post(client, "password/change/", body, access)


def first_password(world):
    owner = world.owner()
    take_password(owner.user)
    body = {"code": owner.recovery_codes[0], "new_password": NEW_PASSWORD}
    return owner.user, lambda client: calls.post(client, "password/set/", body, owner.access)


def first_password_chosen(world):
    user = world.user()
    access = Client().pair(user)["access"]
    take_password(user)
    [token] = issue(
        Purpose.FIRST_PASSWORD,
        [(get_user_model().objects.get(pk=user.pk), "")],
        timedelta(hours=1),
        session_id=claims_of(access)["sid"],
        factors_version=factors.version(user),
    )
    body = {"token": token, "password": NEW_PASSWORD}
    return user, lambda client: calls.post(client, "email/verify/", body)


def password_reset(world):
    user = world.user()
    Client().pair(user)
    [token] = issue(Purpose.PASSWORD_RESET, [(user, email_of(user))], timedelta(hours=1))
    body = {"uid": uid_of(user), "token": token, "new_password": NEW_PASSWORD}
    return user, lambda client: calls.post(client, "password/reset/confirm/", body)


def email_change(world):
    owner = world.owner()
    body = {"email": f"new{owner.user.pk}@example.com", "code": owner.recovery_codes[0]}
    return owner.user, lambda client: calls.post(client, "email/change/", body, owner.access)


def email_changed(world):
    user = world.user()
    access = Client().pair(user)["access"]
    [token] = issue(
        Purpose.EMAIL_CHANGE,
        [(user, f"new{user.pk}@example.com")],
        timedelta(hours=1),
        session_id=claims_of(access)["sid"],
        factors_version=factors.version(user),
    )
    return user, lambda client: calls.post(client, "email/verify/", {"token": token})


def account_deleted(world):
    owner = world.owner()
    body = {"password": PASSWORD, "code": owner.recovery_codes[0]}
    headers = bearer(owner.access)
    return owner.user, lambda client: client.delete(AUTH + "me/", body, **headers)


def key_made(world):
    user = world.user()
    access = Client().pair(user)["access"]
    return user, lambda client: calls.post(client, "api-keys/", {"name": "job"}, access)


def key_rotated(world):
    user, access, path = _with_key(world)
    body = {"overlap_seconds": 60}
    return user, lambda client: calls.post(client, f"{path}rotate/", body, access)


def key_changed(world):
    user, access, path = _with_key(world)
    return user, lambda client: client.patch(AUTH + path, {"name": "x"}, **bearer(access))


def key_revoked(world):
    user, access, path = _with_key(world)
    return user, lambda client: client.delete(AUTH + path, **bearer(access))


def _with_key(world):
    user = world.user()
    access = Client().pair(user)["access"]
    made = calls.post(Client(), "api-keys/", {"name": "job"}, access).json()
    return get_user_model().objects.get(pk=user.pk), access, f"api-keys/{made['id']}/"


FLOWS = [
    log_in,
    first_step,
    second_step,
    recovery_code,
    both_at_once,
    reauthentication,
    refresh,
    log_out,
    log_out_elsewhere,
    factor_on,
    another_set_up,
    factor_off,
    new_recovery_codes,
    password_change,
    first_password,
    first_password_chosen,
    password_reset,
    email_change,
    email_changed,
    account_deleted,
    key_made,
    key_rotated,
    key_changed,
    key_revoked,
]

#: These need an e-mail field.
WITH_EMAIL = {email_change, email_changed, first_password_chosen}
