"""The recipe of Python, as the documentation shows it: another service verifies our tokens.

`make contract` holds it, and the one of TypeScript, against the running example.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from authkit.models import APIKey
from authkit.sessions import tokens
from django.test import Client as PlainClient

from tests.contract.verifiers.attacks import Forger, accepted, refused
from tests.contract.verifiers.verify import Verifier, introspect
from tests.signing.made import entry, private_key, ring

pytestmark = pytest.mark.django_db

ISSUER, AUDIENCE = "https://api.example.com", "https://api.example.com/v1"


class Issuer:
    """Serves the JWK Set by HTTP, and counts who asks."""

    def __init__(self):
        self.paths = []
        self.answers = True
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.paths.append(self.path)
                response = PlainClient().get(self.path)
                self.send_response(response.status_code if issuer.answers else 503)
                self.end_headers()
                self.wfile.write(response.content)

            def log_message(self, *args):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/.well-known/jwks.json"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def verifier(self):
        return Verifier(self.url, issuer=ISSUER, audience=AUDIENCE)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(autouse=True)
def _signed_by_a_ring(settings):
    settings.AUTHKIT = ring(entry())
    settings.SIMPLE_JWT = {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE}


@pytest.fixture
def issuer():
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def forger(pair):
    return Forger(pair["access"], private_key())


def test_an_access_token_is_accepted(issuer, pair, user):
    claims = issuer.verifier().claims(pair["access"])
    assert claims["user_id"] == tokens.user_id_of(user)


def test_what_is_valid_in_other_ways_is_accepted(issuer, forger):
    verifier = issuer.verifier()
    for token in accepted(forger).values():
        verifier.claims(token)


def test_every_forged_or_misused_token_is_refused(issuer, forger, pair):
    verifier = issuer.verifier()
    taken = []
    for name, token in refused(forger, pair["refresh"]).items():
        try:
            verifier.claims(token)
        except jwt.PyJWKClientConnectionError:
            taken.append(f"{name}: the keys were fetched")
        except jwt.PyJWTError:
            continue
        else:
            taken.append(name)
    assert taken == []


def test_the_token_of_a_session_that_owes_a_second_factor_is_refused(
    issuer, settings, client, user
):
    settings.AUTHKIT |= {"SECOND_FACTOR_REQUIRED": "all"}
    access = client.pair(user)["access"]
    with pytest.raises(jwt.InvalidTokenError):
        issuer.verifier().claims(access)


def test_tokens_with_invented_keys_cause_no_requests(issuer, forger, pair):
    verifier = issuer.verifier()
    verifier.claims(pair["access"])
    for number in range(20):
        with pytest.raises(jwt.PyJWTError):
            verifier.claims(forger.signed(header={"kid": f"invented {number}"}))
    assert issuer.paths == ["/.well-known/jwks.json"]


def test_a_key_that_is_new_is_fetched_and_one_that_is_removed_is_forgotten(
    issuer, settings, pair, client, user
):
    verifier = issuer.verifier()
    verifier.keys.cooldown_duration = 0
    verifier.claims(pair["access"])
    settings.AUTHKIT = ring(entry(number=1))
    verifier.claims(client.pair(user)["access"])
    assert len(issuer.paths) == 2
    with pytest.raises(jwt.PyJWKClientError):
        verifier.claims(pair["access"])


def test_while_the_issuer_does_not_answer_known_keys_verify_and_few_requests_are_made(
    issuer, forger, pair
):
    verifier = issuer.verifier()
    verifier.keys.cooldown_duration = 0
    verifier.claims(pair["access"])
    issuer.answers = False
    for number in range(20):
        with pytest.raises(jwt.PyJWKClientConnectionError):
            verifier.claims(forger.signed(header={"kid": f"invented {number}"}))
    verifier.claims(pair["access"])
    assert len(issuer.paths) == 2


def test_if_the_issuer_has_never_answered_then_it_is_no_fault_of_the_token(issuer, pair):
    issuer.answers = False
    verifier = issuer.verifier()
    for _ in range(20):
        with pytest.raises(jwt.PyJWKClientConnectionError):
            verifier.claims(pair["access"])
    assert len(issuer.paths) == 1


def test_of_an_issuer_without_public_keys_no_token_is_accepted(issuer, settings, pair):
    settings.AUTHKIT = {}
    with pytest.raises(jwt.PyJWTError):
        issuer.verifier().claims(pair["access"])


def test_introspection_knows_what_the_signature_does_not(live_server, client, user):
    _, key = APIKey.objects.create_key(name="inventory", scope="authkit:introspect")
    url = f"{live_server.url}/api/v1/auth/token/introspect/"
    pair = client.pair(user)
    verifier = Verifier(
        f"{live_server.url}/.well-known/jwks.json", issuer=ISSUER, audience=AUDIENCE
    )
    assert introspect(url, key, pair["access"])["active"] is True
    client.revoke(pair["refresh"])
    assert verifier.claims(pair["access"])
    assert introspect(url, key, pair["access"]) == {"active": False}


def test_only_the_algorithms_that_the_service_names_are_accepted(issuer, pair):
    verifier = Verifier(issuer.url, issuer=ISSUER, audience=AUDIENCE, algorithms=["ES256"])
    with pytest.raises(jwt.InvalidAlgorithmError):
        verifier.claims(pair["access"])
