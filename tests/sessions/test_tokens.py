"""What the two tokens of a session look like, and what SIMPLE_JWT says about them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from unittest.mock import ANY

import jwt
import pytest
from authkit.models import Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.core.serializers.json import DjangoJSONEncoder
from django.test import override_settings

from tests.sessions.answers import (
    TOKEN_INVALID,
    assert_refused,
    assert_session_ended,
    assert_token_expired,
    assert_token_invalid,
)
from tests.sessions.forge import claims_of, header_of, sign

pytestmark = pytest.mark.django_db

MINUTE = 60
DAY = 24 * 60 * MINUTE


def test_a_log_in_answers_with_the_pair_and_forbids_to_store_it(client, user):
    response = client.log_in(user)

    assert response.status_code == 200
    assert response.json() == {
        "access": ANY,
        "refresh": ANY,
        "token_type": "Bearer",
        "expires_in": 5 * MINUTE,
    }
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/json"


def test_a_refresh_answers_with_the_pair_and_forbids_to_store_it(client, user, clock):
    pair = client.pair(user)
    clock.shift(60)

    response = client.refresh(pair["refresh"])

    assert response.status_code == 200
    assert response.json() == {
        "access": ANY,
        "refresh": ANY,
        "token_type": "Bearer",
        "expires_in": 5 * MINUTE,
    }
    assert response["Cache-Control"] == "no-store"


def test_the_claims_say_which_session_at_which_generation_and_nothing_private(client, user, clock):
    now = int(datetime.now(UTC).timestamp())
    pair = client.pair(user)

    session = Session.objects.get()
    header = header_of(pair["access"])
    assert header == header_of(pair["refresh"]) == {"alg": "HS256", "typ": "JWT", "kid": ANY}
    assert claims_of(pair["access"]) == {
        "token_type": "access",
        "user_id": str(user.pk),
        "jti": ANY,
        "sid": str(session.pk),
        "generation": 0,
        "iat": now,
        "exp": now + 5 * MINUTE,
        "amr": ["pwd"],
        "auth_time": now,
    }
    assert claims_of(pair["refresh"]) == {
        "token_type": "refresh",
        "user_id": str(user.pk),
        "jti": ANY,
        "sid": str(session.pk),
        "generation": 0,
        "iat": now,
        "exp": now + DAY,
    }


def test_a_refresh_moves_generation_and_times_but_not_the_time_of_the_log_in(client, user, clock):
    logged_in_at = int(datetime.now(UTC).timestamp())
    pair = client.pair(user)
    clock.shift(120)

    claims = claims_of(client.refresh(pair["refresh"]).json()["access"])

    assert claims["generation"] == 1
    assert claims["iat"] == logged_in_at + 120
    assert claims["exp"] == logged_in_at + 120 + 5 * MINUTE
    assert claims["auth_time"] == logged_in_at
    assert claims["amr"] == ["pwd"]


def test_every_token_has_an_id_of_its_own(client, make_user):
    ids = []
    for user in (make_user(), make_user()):
        pair = client.pair(user)
        for _ in range(4):
            ids += [claims_of(pair["access"])["jti"], claims_of(pair["refresh"])["jti"]]
            pair = client.refresh(pair["refresh"]).json()

    assert all(isinstance(token_id, str) and len(token_id) == 32 for token_id in ids)
    assert len(set(ids)) == len(ids) == 16


def test_expires_in_shrinks_while_a_pair_waits_in_the_grace(client, user, clock):
    pair = client.pair(user)
    first = client.refresh(pair["refresh"]).json()
    clock.shift(4)

    again = client.refresh(pair["refresh"]).json()

    assert again == {**first, "expires_in": first["expires_in"] - 4}


# --- what SIMPLE_JWT says ------------------------------------------------------------------


def test_both_lifetimes_are_those_of_simple_jwt(client, user, clock):
    with override_settings(
        SIMPLE_JWT={
            "ACCESS_TOKEN_LIFETIME": timedelta(seconds=90),
            "REFRESH_TOKEN_LIFETIME": timedelta(seconds=600),
        }
    ):
        pair = client.pair(user)
        access, refresh = claims_of(pair["access"]), claims_of(pair["refresh"])
        assert pair["expires_in"] == 90
        assert access["exp"] - access["iat"] == 90
        assert refresh["exp"] - refresh["iat"] == 600
        clock.shift(89)
        assert client.sessions(pair["access"]).status_code == 200
        clock.shift(1)
        assert_token_expired(client.sessions(pair["access"]))
        clock.shift(509)
        assert client.verify(pair["refresh"]).status_code == 200
        clock.shift(1)
        assert_session_ended(client.verify(pair["refresh"]))
        assert_session_ended(client.refresh(pair["refresh"]))


@lru_cache
def key_pair(algorithm):
    private = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    return (
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


def asymmetric(algorithm):
    private, public = key_pair(algorithm)
    return {"ALGORITHM": algorithm, "SIGNING_KEY": private, "VERIFYING_KEY": public}


def hmac_with(algorithm):
    return {"ALGORITHM": algorithm, "SIGNING_KEY": "k" * 64}


ALGORITHMS = {
    "HS256": hmac_with,
    "HS384": hmac_with,
    "HS512": hmac_with,
    "RS256": asymmetric,
    "ES256": asymmetric,
    "EdDSA": asymmetric,
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_session_lives_its_whole_life_under_every_algorithm(client, user, algorithm):
    with override_settings(SIMPLE_JWT=ALGORITHMS[algorithm](algorithm)):
        pair = client.pair(user)
        assert header_of(pair["access"])["alg"] == algorithm
        assert client.sessions(pair["access"]).status_code == 200
        successor = client.refresh(pair["refresh"]).json()
        assert header_of(successor["refresh"])["alg"] == algorithm
        assert claims_of(client.refresh(pair["refresh"]).json()["refresh"]) == claims_of(
            successor["refresh"]
        )
        assert client.revoke(successor["refresh"]).status_code == 204
        assert_session_ended(client.sessions(successor["access"]))
    assert_token_invalid(client.sessions(pair["access"]))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_published_key_verifies_our_tokens_without_us(client, user, algorithm):
    with override_settings(SIMPLE_JWT=asymmetric(algorithm)):
        pair = client.pair(user)

    claims = jwt.decode(pair["access"], key_pair(algorithm)[1], algorithms=[algorithm])

    assert claims["user_id"] == str(user.pk)


def test_a_signing_key_of_its_own_replaces_the_secret_key(client, user):
    with override_settings(SIMPLE_JWT={"SIGNING_KEY": "s" * 50}):
        pair = client.pair(user)
        assert client.sessions(pair["access"]).status_code == 200
        assert_token_invalid(client.sessions(sign(claims_of(pair["access"]))))
        ours = sign(claims_of(pair["access"]), key=b"s" * 50)
        assert client.sessions(ours).status_code == 200


def test_the_issuer_is_written_and_demanded(client, user):
    pair = client.pair(user)
    with override_settings(SIMPLE_JWT={"ISSUER": "https://ours.example"}):
        assert_token_invalid(client.sessions(pair["access"]))
        pair = client.pair(user)
        claims = claims_of(pair["access"])
        assert claims["iss"] == claims_of(pair["refresh"])["iss"] == "https://ours.example"
        assert client.sessions(pair["access"]).status_code == 200
        for issuer in WRONG_ISSUERS:
            assert_token_invalid(client.sessions(sign({**claims, "iss": issuer})))


WRONG_ISSUERS = [
    "https://other.example",
    "https://ours.example/",
    "https://ours",
    "https://OURS.example",
    "",
    None,
    1,
    True,
    {},
    ["https://ours.example"],
]


WRONG_AUDIENCES = ["sho", "shop ", "SHOP", "shops", "", None, 1, True, {}, [], ["sho"], [["shop"]]]


@pytest.mark.parametrize("audience", ["shop", ["shop", "mobile"]], ids=["text", "list"])
def test_the_audience_is_written_and_demanded(client, user, audience):
    pair = client.pair(user)
    with override_settings(SIMPLE_JWT={"AUDIENCE": audience}):
        assert_token_invalid(client.sessions(pair["access"]))
        assert_token_invalid(client.refresh(pair["refresh"]))
        pair = client.pair(user)
        claims = claims_of(pair["access"])
        assert claims["aud"] == claims_of(pair["refresh"])["aud"] == audience
        assert client.sessions(pair["access"]).status_code == 200
        assert client.refresh(pair["refresh"]).status_code == 200
        assert client.sessions(sign({**claims, "aud": ["x", "shop"]})).status_code == 200
        for wrong in WRONG_AUDIENCES:
            assert_token_invalid(client.sessions(sign({**claims, "aud": wrong})))


@pytest.mark.parametrize("leeway", [30, timedelta(seconds=30)], ids=["seconds", "timedelta"])
def test_the_leeway_lets_an_access_token_be_late_by_that_much(client, user, clock, leeway):
    with override_settings(SIMPLE_JWT={"LEEWAY": leeway}):
        pair = client.pair(user)
        clock.shift(5 * MINUTE + 29)
        assert client.sessions(pair["access"]).status_code == 200
        clock.shift(1)
        assert_token_expired(client.sessions(pair["access"]))


def test_the_leeway_does_not_lengthen_a_session(client, user, clock):
    with override_settings(SIMPLE_JWT={"LEEWAY": 3600}):
        pair = client.pair(user)
        clock.shift(DAY)
        assert_session_ended(client.refresh(pair["refresh"]))


def test_user_id_field_and_claim_choose_what_names_the_user(client, user):
    field = user.USERNAME_FIELD
    with override_settings(SIMPLE_JWT={"USER_ID_FIELD": field, "USER_ID_CLAIM": "sub"}):
        pair = client.pair(user)
        claims = claims_of(pair["access"])
        assert claims["sub"] == user.get_username()
        assert "user_id" not in claims
        assert client.sessions(pair["access"]).status_code == 200
        assert client.refresh(pair["refresh"]).status_code == 200
        assert_token_invalid(client.sessions(sign({**claims, "sub": "somebody else"})))
    assert_token_invalid(client.sessions(pair["access"]))


def test_the_claims_of_type_and_id_may_be_renamed(client, user):
    with override_settings(SIMPLE_JWT={"TOKEN_TYPE_CLAIM": "typ", "JTI_CLAIM": "tid"}):
        pair = client.pair(user)
        access, refresh = claims_of(pair["access"]), claims_of(pair["refresh"])
        assert (access["typ"], refresh["typ"]) == ("access", "refresh")
        assert access["tid"] != refresh["tid"]
        assert {"token_type", "jti"}.isdisjoint({*access, *refresh})
        assert client.sessions(pair["access"]).status_code == 200
        assert_token_invalid(client.sessions(pair["refresh"]))
        assert_token_invalid(client.refresh(pair["access"]))
        assert client.refresh(pair["refresh"]).status_code == 200
    assert_token_invalid(client.sessions(pair["access"]))


class ShoutingEncoder(DjangoJSONEncoder):
    def encode(self, o):
        return super().encode({**o, "shouted": True})


def test_a_json_encoder_of_the_project_writes_the_claims(client, user):
    with override_settings(SIMPLE_JWT={"JSON_ENCODER": ShoutingEncoder}):
        pair = client.pair(user)
        assert claims_of(pair["access"])["shouted"] is True
        assert client.sessions(pair["access"]).status_code == 200


def test_a_changed_setting_holds_from_the_next_token_on(client, user):
    pair = client.pair(user)
    with override_settings(SIMPLE_JWT=hmac_with("HS512")):
        assert_refused(client.sessions(pair["access"]), TOKEN_INVALID)
    assert client.sessions(pair["access"]).status_code == 200
