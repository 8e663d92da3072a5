"""What is measured: ours and its peers, each a request that is made anew for every round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from authkit.core.client import Client
from authkit.models import APIKey
from authkit.sessions.flows import TokenPair, open_session, start_session
from django.contrib.auth.models import User
from knox.models import AuthToken
from rest_framework.authtoken.models import Token
from rest_framework_api_key.models import APIKey as PeerAPIKey
from rest_framework_simplejwt.tokens import RefreshToken

from benchmarks.wsgi import Answer, get, post

PASSWORD = "correct horse battery staple"
ROWS = 1000


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

    def __init__(self, path: str, refresh: str) -> None:
        self.path = path
        self.refresh = refresh

    def prepare(self) -> dict[str, Any]:
        return post(self.path, {"refresh": self.refresh})

    def done(self, answer: Answer) -> None:
        self.refresh = answer.json()["refresh"]


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
    return start_session(open_session(user, Client("127.0.0.1", "benchmark"), ["pwd"]))


def all_cases(users: list[User]) -> list[Case]:
    return [
        Case("floor", "floor GET", lambda: get("/floor")),
        Case("floor", "floor POST", lambda: post("/floor", {"refresh": "x"})),
        Case("floor", "floor refusal", lambda: get("/floor/refusal"), 401),
        *_bearer_cases(users),
        *_key_cases(users),
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

    def request(path: str, scheme: str, tokens: Any) -> Callable[[], dict[str, Any]]:
        return lambda: get(path, HTTP_AUTHORIZATION=f"{scheme} {next(tokens)}")

    return [
        Case(group, "authkit JWT", request("/authkit/jwt", "Bearer", ours)),
        Case(group, "SimpleJWT", request("/simplejwt/jwt", "Bearer", simple)),
        Case(group, "SimpleJWT stateless", request("/simplejwt/stateless", "Bearer", simple)),
        Case(group, "DRF TokenAuthentication", request("/drf/token", "Token", drf)),
        Case(group, "knox", request("/knox/token", "Token", knox)),
        Case("junk bearer", "authkit JWT, junk", _junk("/authkit/jwt", junk), 401, "floor refusal"),
        Case("junk bearer", "SimpleJWT, junk", _junk("/simplejwt/jwt", junk), 401, "floor refusal"),
    ]


def _junk(path: str, authorization: str) -> Callable[[], dict[str, Any]]:
    return lambda: get(path, HTTP_AUTHORIZATION=authorization)


def _key_cases(users: list[User]) -> list[Case]:
    owned = cycle([APIKey.objects.create_key(name="mine", owner=user)[1] for user in users])
    unowned = cycle([APIKey.objects.create_key(name="service")[1] for _ in users])
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
        Case("API key", "authkit key without owner", request("/authkit/key", unowned)),
        Case("API key", "HasAPIKey", request("/hasapikey", peer)),
        bad("authkit, malformed key", "/authkit/key", malformed, 401),
        bad("authkit, unknown key", "/authkit/key", unknown, 401),
        bad("HasAPIKey, malformed key", "/hasapikey", malformed, 403),
        bad("HasAPIKey, unknown key", "/hasapikey", peer_unknown, 403),
    ]


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

    def case(name: str, rotation: Rotation) -> Case:
        return Case("refresh", name, rotation.prepare, floor="floor POST", done=rotation.done)

    return [
        case("authkit refresh", ours),
        case("SimpleJWT refresh, rotation and blacklist", simple),
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
