"""Tokens that we did not make, or not for this: every one is refused, none is a 500."""

import hashlib
import json
import uuid
from functools import lru_cache, partial

import pytest
from authkit.core.crypto import derived_key
from authkit.models import Session
from authkit.sessions import tokens
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from django.test import override_settings

from tests.conftest import bearer
from tests.sessions.answers import assert_session_lives, assert_token_invalid
from tests.sessions.forge import b64, claims_of, header_of, sign, signing_secret, unsigned

pytestmark = pytest.mark.django_db

NO_NONSENSE = {"alg": "HS256", "typ": "JWT"}


# --- what the client can know without our key ----------------------------------------------

ALGORITHM_GAMES = {
    f"alg-{name}": {"alg": value, "typ": "JWT"}
    for name, value in {
        "none": "none",
        "None": "None",
        "NONE": "NONE",
        "nOnE": "nOnE",
        "empty": "",
        "null": None,
        "list": [],
        "list-of-one": ["HS256"],
        "int": 0,
        "true": True,
        "object": {},
        "lower": "hs256",
        "HS384": "HS384",
        "RS256": "RS256",
        "ES256": "ES256",
        "EdDSA": "EdDSA",
        "unknown": "XX999",
    }.items()
} | {"alg-missing": {"typ": "JWT"}, "header-empty": {}, "header-list": [], "header-text": "HS256"}

HEADER_GAMES = {
    "kid-path": {"kid": "../../../../dev/null"},
    "kid-sql": {"kid": "' UNION SELECT 'x"},
    "kid-nul": {"kid": "\0"},
    "kid-int": {"kid": 1},
    "kid-list": {"kid": ["a"]},
    "kid-10kB": {"kid": "k" * 2_000},
    "jku": {"jku": "http://127.0.0.1:9/jwks.json"},
    "x5u": {"x5u": "http://127.0.0.1:9/cert.pem"},
    "jwk": {"jwk": {"kty": "oct", "k": "YXR0YWNrZXI"}},
    "x5c": {"x5c": ["MIIB"]},
    "crit": {"crit": ["b64"], "b64": False},
    "crit-unknown": {"crit": ["https://attacker.example/ext"]},
    "zip": {"zip": "DEF"},
    "cty-nested": {"cty": "JWT"},
    "p2c": {"alg": "PBES2-HS256+A128KW", "p2c": 2**31, "p2s": "AAAA", "enc": "A128GCM"},
}

WRONG_KEYS = {
    "key-empty": b"",
    "key-attacker": b"attacker" * 8,
    "key-with-newline": signing_secret() + b"\n",
    "key-cut": signing_secret()[:-1],
    "key-of-encryption": derived_key(settings.SECRET_KEY, "authkit.encryption"),
    "secret-key": settings.SECRET_KEY.encode(),
}

MANGLED = {
    "nothing": lambda token: "",
    "one-dot": lambda token: ".",
    "two-dots": lambda token: "..",
    "three-dots": lambda token: "...",
    "a-million-dots": lambda token: "." * 10**6,
    "a-million-parts": lambda token: "a." * 500_000,
    "a-megabyte": lambda token: "a" * 2**20,
    "a-megabyte-of-payload": lambda token: f"{token}{'A' * 2**20}",
    "extra-dot": lambda token: token + ".",
    "extra-part": lambda token: token + ".AAAA",
    "no-signature": lambda token: token.rsplit(".", 1)[0],
    "empty-signature": lambda token: token.rsplit(".", 1)[0] + ".",
    "zero-signature": lambda token: token.rsplit(".", 1)[0] + "." + "A" * 43,
    "signature-of-another": lambda token: token[:-8] + "AAAAAAAA",
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "padded": lambda token: token + "=",
    "padded-twice": lambda token: token + "==",
    "standard-base64": lambda token: "+/" + token[2:],
    "space-inside": lambda token: token.replace(".", " .", 1),
    "newline-inside": lambda token: token.replace(".", "\n.", 1),
    "newline-after": lambda token: token + "\n",
    "tab-after": lambda token: token + "\t",
    "nul-inside": lambda token: token.replace(".", "\0.", 1),
    "latin-1": lambda token: "\xe9" + token[1:],
    "fullwidth-dot": lambda token: token.replace(".", "\xb7"),
    "json-serialization": lambda token: json.dumps(
        dict(zip(["protected", "payload", "signature"], token.split("."), strict=True))
    ),
    "not-json": lambda token: sign(b"not json"),
    "not-utf-8": lambda token: sign(b'{"sid": "\xff\xfe"}'),
    "payload-list": lambda token: sign([claims_of(token)]),
    "payload-text": lambda token: sign("text"),
    "payload-null": lambda token: sign(None),
    "payload-number": lambda token: sign(1),
    "payload-empty": lambda token: sign({}),
    "payload-deep": lambda token: sign(b'{"sid":' + b"[" * 1_000 + b"]" * 1_000 + b"}"),
    "payload-deep-and-long": lambda token: sign(b"[" * 100_000),
    "payload-nan": lambda token: sign(b'{"exp": NaN}'),
    "header-deep": lambda token: sign(claims_of(token), header=b"[" * 1_000 + b"]" * 1_000),
    "header-not-json": lambda token: sign(claims_of(token), header=b"\xff"),
    "huge-number": lambda token: sign(b'{"exp": 1' + b"0" * 2_000 + b"}"),
    "number-too-long-to-read": lambda token: sign(
        b'{"exp": 1' + b"0" * 2_900 + b', "generation": 1e999}'
    ),
}


def forgeries(token):
    """Every token that an attacker without our key can make out of a live one: how, by name."""
    claims, header = claims_of(token), header_of(token)
    signature = token.rsplit(".", 1)[1]
    made = {}
    for name, game in ALGORITHM_GAMES.items():
        made[name] = partial(sign, claims, header=game, key=b"attacker" * 8)
        made[f"{name}-unsigned"] = partial(unsigned, claims, game)
        made[f"{name}-old-signature"] = partial(unsigned, claims, game, signature)
    for name, extra in HEADER_GAMES.items():
        made[name] = partial(sign, claims, header={**header, **extra}, key=b"attacker" * 8)
        made[f"{name}-empty-key"] = partial(sign, claims, header={**header, **extra}, key=b"")
    for name, key in WRONG_KEYS.items():
        made[name] = partial(sign, claims, key=key)
        made[f"{name}-of-our-id"] = partial(sign, claims, header=header, key=key)
    for name, mangle in MANGLED.items():
        made[name] = partial(mangle, token)
    made["another-user"] = partial(unsigned, {**claims, "user_id": "1"}, header, signature)
    made["longer-life"] = partial(unsigned, {**claims, "exp": 2**40}, header, signature)
    made["other-hash-same-key"] = partial(
        sign,
        claims,
        header={**header, "alg": "HS512"},
        key=signing_secret(),
        digest=hashlib.sha512,
    )
    return made


FORGERIES = sorted(forgeries(sign({"sid": "x"})))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_access_token_is_refused_without_a_query(
    client, user, django_assert_num_queries, name
):
    pair = client.pair(user)
    forged = forgeries(pair["access"])[name]()

    with django_assert_num_queries(0):
        assert_token_invalid(client.sessions(forged))

    assert_session_lives(client, pair)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_refresh_token_is_refused_everywhere_without_a_query(
    client, user, django_assert_num_queries, name
):
    pair = client.pair(user)
    forged = forgeries(pair["refresh"])[name]()

    with django_assert_num_queries(0):
        refresh, verify = client.refresh(forged), client.verify(forged)
        log_out = client.revoke(forged)

    if 0 < len(forged) <= 4096 and "\0" not in forged:
        assert_token_invalid(refresh)
        assert_token_invalid(verify)
        assert log_out.status_code == 204
    else:
        answers = [refresh, verify, log_out]
        complaint = ["detail", "code"] if len(forged) > 64 * 1024 else ["refresh"]
        assert [answer.status_code for answer in answers] == [400, 400, 400]
        assert list(refresh.json()) == list(log_out.json()) == complaint
        assert list(verify.json()) == (complaint if complaint != ["refresh"] else ["token"])
    assert_session_lives(client, pair)
    assert Session.objects.get().generation == 0


def test_what_is_too_short_for_a_signature_is_not_even_decoded(client, user, monkeypatch):
    access = client.pair(user)["access"]
    monkeypatch.setattr(tokens, "verified_claims", lambda *args: pytest.fail("decoded"))
    assert_token_invalid(client.sessions(access[:-1]))
    with pytest.raises(pytest.fail.Exception):
        client.sessions(access)


def test_the_last_letter_of_a_signature_is_not_negotiable(client, user):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    access = client.pair(user)["access"]

    for letter in alphabet.replace(access[-1], ""):
        assert_token_invalid(client.sessions(access[:-1] + letter))


# --- the public key as a shared secret -----------------------------------------------------


@lru_cache
def private_key(kind):
    return {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    }[kind]()


def asymmetric(kind):
    private = private_key(kind).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "ALGORITHM": kind,
        "SIGNING_KEY": private.decode(),
        "VERIFYING_KEY": public_forms(kind)["pem"].decode(),
    }


def public_forms(kind):
    public = private_key(kind).public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    jwk = json.dumps({"kty": "RSA", "k": b64(der)}).encode()
    return {
        "pem": pem,
        "pem-stripped": pem.strip(),
        "der": der,
        "ssh": ssh,
        "jwk": jwk,
        "jwks": b'{"keys":[' + jwk + b"]}",
        "empty": b"",
        "secret-key": settings.SECRET_KEY.encode(),
    }


@pytest.mark.parametrize("kind", ["RS256", "ES256"])
@pytest.mark.parametrize("form", public_forms("RS256"))
def test_a_public_key_is_no_shared_secret(client, user, django_assert_num_queries, kind, form):
    with override_settings(SIMPLE_JWT=asymmetric(kind)):
        pair = client.pair(user)
        for algorithm in ("HS256", kind):
            forged = sign(
                claims_of(pair["access"]),
                header={**header_of(pair["access"]), "alg": algorithm},
                key=public_forms(kind)[form],
            )
            with django_assert_num_queries(0):
                assert_token_invalid(client.sessions(forged))
        assert_session_lives(client, pair)


ES256_SIGNATURES = {
    "all-zero": bytes(64),
    "r-zero": bytes(32) + b"\1" * 32,
    "s-zero": b"\1" * 32 + bytes(32),
    "too-short": b"\1" * 63,
    "too-long": b"\1" * 65,
    "der": bytes.fromhex("3006020101020101"),
    "order": bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") * 2,
}


@pytest.mark.parametrize("name", ES256_SIGNATURES)
def test_a_psychic_signature_is_refused(client, user, name):
    with override_settings(SIMPLE_JWT=asymmetric("ES256")):
        pair = client.pair(user)
        forged = pair["access"].rsplit(".", 1)[0] + "." + b64(ES256_SIGNATURES[name])
        assert_token_invalid(client.sessions(forged))


# --- well signed, and still not ours: a sibling service with the same key -------------------

MISSING = object()
FAR = 10**30

CLAIM_GAMES = [
    *[
        ("exp", value)
        for value in (
            MISSING,
            None,
            True,
            False,
            "soon",
            "",
            "4102444800",
            [],
            {},
            0,
            -1,
            float("inf"),
            float("nan"),
            4102444800.5,
            -FAR,
        )
    ],
    *[("nbf", v) for v in [None, "soon", [], {}, float("inf"), float("nan"), FAR, 4102444800]],
    *[("iat", v) for v in [None, "soon", [], {}, float("inf"), float("nan"), FAR, 4102444800]],
    *[
        ("sid", value)
        for value in (
            [
                MISSING,
                None,
                True,
                1,
                1.5,
                [],
                {},
                "",
                " ",
                "x",
                "0" * 31,
                "0" * 400,
                "\0",
                "\ud800",
                str(uuid.UUID(int=0)),
                "%",
                "_",
            ]
        )
    ],
    *[
        ("user_id", value)
        for value in (
            [MISSING, None, True, 1, 1.0, [], {}, "", " ", "x", "9" * 400, "\0", "\ud800", "True"]
        )
    ],
    *[
        ("generation", value)
        for value in [MISSING, None, True, False, "0", 0.0, float("inf"), float("nan"), [], {}]
    ],
    *[
        ("token_type", value)
        for value in (
            [
                MISSING,
                None,
                True,
                "",
                "sliding",
                "ACCESS",
                "access ",
                "Refresh",
                [],
                {},
                ["access", "refresh"],
            ]
        )
    ],
]


def changed(token, claim, value):
    claims = claims_of(token)
    if value is MISSING:
        del claims[claim]
    else:
        claims[claim] = value
    return sign(claims)


@pytest.mark.parametrize(
    ("claim", "value"),
    CLAIM_GAMES,
    ids=[
        f"{claim}-{'missing' if value is MISSING else repr(value)[:24]}"
        for claim, value in CLAIM_GAMES
    ],
)
def test_a_well_signed_token_with_a_strange_claim_is_refused(
    client, user, django_assert_max_num_queries, claim, value
):
    pair = client.pair(user)

    with django_assert_max_num_queries(1):
        answer = client.sessions(changed(pair["access"], claim, value))
    expired = "token_expired" if claim == "exp" and type(value) is int else "token_invalid"
    ended = "session_ended" if claim == "sid" and value == str(uuid.UUID(int=0)) else None
    assert (answer.status_code, answer.json()["code"]) == (401, ended or expired)
    refresh = changed(pair["refresh"], claim, value)
    for use in (client.refresh, client.verify):
        with django_assert_max_num_queries(1):
            answer = use(refresh)
        assert (answer.status_code, answer.json()["code"]) == (401, ended or "token_invalid")

    assert_session_lives(client, pair)
    assert Session.objects.get().generation == 0


def test_a_token_of_a_sibling_service_with_the_same_key_is_refused_without_a_query(
    client, user, django_assert_num_queries
):
    claims = claims_of(client.pair(user)["access"])
    sibling = {name: claims[name] for name in ("token_type", "user_id", "jti", "iat", "exp")}

    with django_assert_num_queries(0):
        assert_token_invalid(client.sessions(sign(sibling)))
        assert_token_invalid(client.refresh(sign({**sibling, "token_type": "refresh"})))


def test_a_token_that_names_the_session_of_another_user_is_refused(client, make_user):
    mine, yours = client.pair(make_user()), client.pair(make_user())

    for kind, use in (("access", client.sessions), ("refresh", client.refresh)):
        mixed = {**claims_of(mine[kind]), "sid": claims_of(yours[kind])["sid"]}
        assert_token_invalid(use(sign(mixed)))

    assert_session_lives(client, mine)
    assert_session_lives(client, yours)


def test_a_well_signed_token_without_an_issue_time_is_refused(client, user):
    pair = client.pair(user)
    assert_token_invalid(client.sessions(changed(pair["access"], "iat", MISSING)))
    assert_token_invalid(client.refresh(changed(pair["refresh"], "iat", MISSING)))


def test_logging_out_with_a_token_that_names_the_session_of_another_user_changes_nothing(
    client, make_user
):
    mine, yours = client.pair(make_user()), client.pair(make_user())

    mixed = {**claims_of(mine["refresh"]), "sid": claims_of(yours["refresh"])["sid"]}

    assert client.revoke(sign(mixed)).status_code == 204
    assert_session_lives(client, yours)


@pytest.mark.parametrize("user_id", ["", "nobody", "-1", str(10**30), "1" * 500])
def test_logging_out_with_a_token_that_names_no_user_of_ours_changes_nothing(client, user, user_id):
    pair = client.pair(user)
    assert client.revoke(changed(pair["refresh"], "user_id", user_id)).status_code == 204
    assert_session_lives(client, pair)


def test_logging_out_with_a_token_that_outlives_its_session_changes_nothing(client, user):
    pair = client.pair(user)
    late = claims_of(pair["refresh"])["exp"] + 366 * 86_400
    for end in (late, FAR, 10**400, -FAR):
        assert client.revoke(changed(pair["refresh"], "exp", end)).status_code == 204
    assert_session_lives(client, pair)


# --- the right token in the wrong place -----------------------------------------------------


def test_an_access_token_refreshes_nothing(client, user, django_assert_num_queries):
    pair = client.pair(user)
    with django_assert_num_queries(0):
        assert_token_invalid(client.refresh(pair["access"]))
        assert client.revoke(pair["access"]).status_code == 204
    assert_session_lives(client, pair)


def test_a_refresh_token_opens_nothing(client, user, django_assert_num_queries):
    pair = client.pair(user)
    with django_assert_num_queries(0):
        assert_token_invalid(client.sessions(pair["refresh"]))
    assert_session_lives(client, pair)


@pytest.mark.parametrize(
    "header",
    ["Bearer {0}", "bearer {0}", "BEARER {0}", "  Bearer {0}", "Bearer   {0}", "Bearer {0}  "],
)
def test_the_scheme_is_read_as_http_means_it(client, user, header):
    access = client.pair(user)["access"]
    answer = client.get("/api/v1/auth/sessions/", HTTP_AUTHORIZATION=header.format(access))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer {0} {0}",
        "Bearer {0},Bearer {0}",
        "Bearer\xa0{0}",
        'Bearer "{0}"',
    ],
)
def test_a_bearer_header_of_another_form_is_refused_without_a_query(
    client, user, django_assert_num_queries, header
):
    access = client.pair(user)["access"]
    with django_assert_num_queries(0):
        answer = client.get("/api/v1/auth/sessions/", HTTP_AUTHORIZATION=header.format(access))
    assert_token_invalid(answer)


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("name", ["access_token", "token", "Authorization", "state"])
@pytest.mark.parametrize("beside", [{}, "bearer"], ids=["alone", "beside a good one"])
def test_a_token_in_the_address_is_refused_and_told(
    client, user, django_assert_num_queries, security_log, kind, name, beside
):
    pair = client.pair(user)
    headers = bearer(pair["access"]) if beside else {}
    with django_assert_num_queries(0):
        answer = client.get("/api/v1/auth/sessions/", {name: pair[kind]}, **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "credential_in_url")
    told = {"event": "credential_in_url", "credential": kind, "ip": "127.0.0.1"}
    assert security_log("credential_in_url") == [("WARNING", told)]
    assert client.get("/api/v1/auth/sessions/", **bearer(pair["access"])).status_code == 200


@pytest.mark.plants_secrets  # Django logs the paths that it does not find
def test_a_token_in_the_path_is_refused(client, user):
    answer = client.get(f"/api/v1/auth/sessions/{client.pair(user)['access']}/")
    assert (answer.status_code, answer.json()["code"]) == (400, "credential_in_url")


@pytest.mark.parametrize(
    "value",
    [
        "eyJ",
        "eyJ.eyJ.x",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "eyJhbGciOiJIUzI1NiJ9." + b64(b'{"token_type": "access"}') + ".x",
        "eyJhbGciOiJIUzI1NiJ9." + b64(b'{"sid": "1", "token_type": "id_token"}') + ".x",
        "eyJhbGciOiJIUzI1NiJ9." + b64(b"[" * 3000) + ".x",
        "eyJ" * 30_000,
        "eyJ." * 20_000,
    ],
    ids=lambda value: value[:40],
)
def test_a_token_of_another_issuer_in_the_url_is_ignored(client, user, value):
    access = client.pair(user)["access"]
    query = {"id_token_hint": value}
    assert client.get("/api/v1/auth/sessions/", query, **bearer(access)).status_code == 200
