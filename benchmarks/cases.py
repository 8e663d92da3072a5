"""What is measured: ours and its peers, each a request that is made anew for every round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any

from allauth.headless.tokens.strategies.jwt.internal import create_refresh_token
from authkit.api_keys.using import usage
from authkit.core.http.client import Client
from authkit.models import APIKey
from authkit.sessions.issue import TokenPair, open_session, tell_started, token_pair
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import override_settings
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.authtoken.models import Token
from rest_framework_api_key.models import APIKey as PeerAPIKey
from rest_framework_simplejwt.tokens import RefreshToken

from benchmarks.urls import EdDSAAccessToken
from benchmarks.wsgi import Answer, call, get, post

PASSWORD = "correct horse battery staple"
ROWS = 1000

#: When a key was used last. Noting it costs one UPDATE a minute, which is not what is measured.
LATELY = timezone.now()
usage.LAST_USED_PRECISION = timedelta(days=1)

#: All that a key can be bound to, on a view that asks for a scope.
BOUND = "authkit key with owner, expiry, networks and scopes"


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request.

    ``prepare`` makes the environ and ``done`` sees the answer; neither is timed. ``floor``
    names the case whose cost is not the authenticator's.
    """

    group: str
    name: str
    prepare: Callable[[], dict[str, Any]]
    status: int = 200
    floor: str = "floor GET"
    done: Callable[[Answer], None] = lambda answer: None


class Rotation:
    """A refresh token that is exchanged for its successor in every round."""

    def __init__(self, path: str, token: str, member: str = "refresh") -> None:
        self.path = path
        self.token = token
        self.member = member

    def prepare(self) -> dict[str, Any]:
        return post(self.path, {self.member: self.token})

    def done(self, answer: Answer) -> None:
        body = answer.json()
        self.token = body.get("data", body)[self.member]


def build_rows() -> list[User]:
    """Fill the tables, so that indexes are used; return the users whom requests are made for."""
    users = User.objects.bulk_create(
        User(username=f"user{number}", password="!") for number in range(ROWS)
    )
    for user in users[:50]:
        user.set_password(PASSWORD)
        user.save()
    for number, user in enumerate(users):
        Token.objects.create(user=user)
        APIKey.objects.create_key(name=f"key {number}", owner=user)
        PeerAPIKey.objects.create_key(name=f"key {number}")
        pair_of(user)
        RefreshToken.for_user(user)
    return users[:50]


def pair_of(user: User) -> TokenPair:
    session = open_session(user, Client("127.0.0.1", "benchmark"), ["pwd"])
    return tell_started(token_pair(session))


def cookie_session(user: User) -> SessionStore:
    """Return a session of Django's, as a log-in stores it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session


def allauth_refresh_token(user: User) -> str:
    session = cookie_session(user)
    token: str = create_refresh_token(user, session)
    session.save()
    return token


def all_cases(users: list[User]) -> list[Case]:
    return [
        Case("floor", "floor GET", lambda: get("/floor")),
        Case("floor", "floor POST", lambda: post("/floor", {"refresh": "x"})),
        Case("floor", "floor refusal", lambda: get("/floor/refusal"), 401),
        *_bearer_cases(users),
        *_eddsa_cases(users),
        *_key_cases(users),
        *_introspection_cases(users),
        *_obtain_cases(users),
        *_refresh_cases(users),
        *_log_out_cases(users),
    ]


def _bearer_cases(users: list[User]) -> list[Case]:
    group = "authenticated request"
    ours = cycle([pair_of(user).access for user in users])
    simple = cycle([str(RefreshToken.for_user(user).access_token) for user in users])
    drf = cycle([Token.objects.get(user=user).key for user in users])
    knox = cycle([AuthToken.objects.create(user)[1] for user in users])
    junk = "Bearer eyJhbGciOiJIUzI1NiJ9.e30.not-the-signature"
    forged = f"Bearer eyJhbGciOiJIUzI1NiJ9.e30.{'A' * 43}"

    def bad(kind: str, name: str, path: str, authorization: str) -> Case:
        return Case(
            f"{kind} bearer",
            f"{name}, {kind}",
            lambda: get(path, HTTP_AUTHORIZATION=authorization),
            401,
            "floor refusal",
        )

    def request(path: str, scheme: str, tokens: Any) -> Callable[[], dict[str, Any]]:
        return lambda: get(path, HTTP_AUTHORIZATION=f"{scheme} {next(tokens)}")

    return [
        Case(group, "authkit JWT", request("/authkit/jwt", "Bearer", ours)),
        Case(group, "SimpleJWT", request("/simplejwt/jwt", "Bearer", simple)),
        Case(group, "SimpleJWT stateless", request("/simplejwt/stateless", "Bearer", simple)),
        Case(group, "DRF TokenAuthentication", request("/drf/token", "Token", drf)),
        Case(group, "knox", request("/knox/token", "Token", knox)),
        bad("junk", "authkit JWT", "/authkit/jwt", junk),
        bad("junk", "SimpleJWT", "/simplejwt/jwt", junk),
        bad("forged", "authkit JWT", "/authkit/jwt", forged),
        bad("forged", "SimpleJWT", "/simplejwt/jwt", forged),
    ]


def _eddsa_cases(users: list[User]) -> list[Case]:
    group = "authenticated request, EdDSA"
    private = {**settings.AUTHKIT, "SIGNING_KEYS": []}
    with override_settings(SIMPLE_JWT=settings.EDDSA, AUTHKIT=private):
        ours = cycle([pair_of(user).access for user in users])
    simple = cycle([str(EdDSAAccessToken.for_user(user)) for user in users])

    def request(path: str, tokens: Any) -> Callable[[], dict[str, Any]]:
        return lambda: get(path, HTTP_AUTHORIZATION=f"Bearer {next(tokens)}")

    return [
        Case(group, "authkit EdDSA", request("/authkit/jwt", ours)),
        Case(group, "SimpleJWT EdDSA", request("/simplejwt/eddsa", simple)),
    ]


def _key_cases(users: list[User]) -> list[Case]:
    owned = cycle(
        [
            APIKey.objects.create_key(name="mine", owner=user, last_used_at=LATELY)[1]
            for user in users
        ]
    )
    bound = bound_case(users)
    unowned = cycle(
        [APIKey.objects.create_key(name="service", last_used_at=LATELY)[1] for _ in users]
    )
    peer = cycle([PeerAPIKey.objects.create_key(name="service")[1] for _ in users])
    peer_unknown = "ABCDEFGH.ABCDEFGHABCDEFGHABCDEFGHABCDEFGH"
    unknown = APIKey.objects.assign_key(APIKey(name="never saved"))
    malformed = unknown[:-1] + ("A" if unknown[-1] != "A" else "B")

    def request(path: str, keys: Any) -> Callable[[], dict[str, Any]]:
        return lambda: get(path, HTTP_X_API_KEY=next(keys))

    def bad(name: str, path: str, key: str, status: int) -> Case:
        return Case("bad key", name, lambda: get(path, HTTP_X_API_KEY=key), status, "floor refusal")

    return [
        Case("API key", "authkit key with owner", request("/authkit/key", owned)),
        bound,
        Case("API key", "authkit key without owner", request("/authkit/key", unowned)),
        Case(
            "API key",
            "authkit key, remembered",
            _remembering(bound.prepare),
            done=_forget,
        ),
        Case("API key", "HasAPIKey", request("/hasapikey", peer)),
        bad("authkit, malformed key", "/authkit/key", malformed, 401),
        bad("authkit, unknown key", "/authkit/key", unknown, 401),
        bad("HasAPIKey, malformed key", "/hasapikey", malformed, 403),
        bad("HasAPIKey, unknown key", "/hasapikey", peer_unknown, 403),
    ]


def bound_case(users: list[User]) -> Case:
    keys = cycle([_bound_key(user) for user in users])
    return Case("API key", BOUND, lambda: get("/authkit/key/scoped", HTTP_X_API_KEY=next(keys)))


def _bound_key(user: User) -> str:
    return APIKey.objects.create_key(
        name="bound",
        owner=user,
        scopes=["books:read"],
        allowed_networks=["10.0.0.0/8", "127.0.0.0/8", "2001:db8::/32"],
        expiry_date=timezone.now() + timedelta(days=90),
        last_used_at=LATELY,
    )[1]


def _remembering(prepare: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Switch the short cache on for this request, and leave it full between rounds."""

    def prepared() -> dict[str, Any]:
        settings.AUTHKIT["API_KEY_CACHE_SECONDS"] = 60
        environ = prepare()
        call(dict(environ))()  # so that the one that is measured is a hit
        return environ

    return prepared


def _forget(answer: Answer) -> None:
    settings.AUTHKIT["API_KEY_CACHE_SECONDS"] = 0


def _introspection_cases(users: list[User]) -> list[Case]:
    tokens = cycle([pair_of(user).access for user in users])
    key = APIKey.objects.create_key(
        name="service", scopes=["authkit:introspect"], last_used_at=LATELY
    )[1]

    def request() -> dict[str, Any]:
        return post("/authkit/token/introspect/", {"token": next(tokens)}, HTTP_X_API_KEY=key)

    return [Case("introspection", "authkit introspection", request, floor="floor POST")]


def _obtain_cases(users: list[User]) -> list[Case]:
    names = cycle([user.username for user in users])

    def request(path: str) -> Callable[[], dict[str, Any]]:
        return lambda: post(path, {"username": next(names), "password": PASSWORD})

    def case(name: str, path: str) -> Case:
        return Case("log in", name, request(path), floor="floor POST")

    return [
        case("authkit obtain", "/authkit/token/"),
        case("SimpleJWT obtain", "/simplejwt/obtain"),
        case("SimpleJWT obtain with last_login", "/simplejwt/obtain-with-last-login"),
        case("SimpleJWT obtain, no blacklist app", "/simplejwt/obtain-without-row"),
        case("knox log in", "/knox/login"),
    ]


def _refresh_cases(users: list[User]) -> list[Case]:
    ours = Rotation("/authkit/token/refresh/", pair_of(users[0]).refresh)
    simple = Rotation("/simplejwt/refresh", str(RefreshToken.for_user(users[0])))
    allauth = Rotation("/allauth/refresh", allauth_refresh_token(users[0]), "refresh_token")

    def case(name: str, rotation: Rotation) -> Case:
        return Case("refresh", name, rotation.prepare, floor="floor POST", done=rotation.done)

    return [
        case("authkit refresh", ours),
        case("SimpleJWT refresh, rotation and blacklist", simple),
        case("allauth JWT refresh", allauth),
    ]


def _log_out_cases(users: list[User]) -> list[Case]:
    ones = cycle(users)

    def ours() -> dict[str, Any]:
        return post("/authkit/token/revoke/", {"refresh": pair_of(next(ones)).refresh})

    def simple() -> dict[str, Any]:
        refresh = str(RefreshToken.for_user(next(ones)))
        return post("/simplejwt/blacklist", {"refresh": refresh})

    return [
        Case("log out", "authkit revoke", ours, 204, "floor POST"),
        Case("log out", "SimpleJWT blacklist", simple, 200, "floor POST"),
    ]
