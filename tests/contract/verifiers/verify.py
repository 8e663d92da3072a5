import time

import jwt
import requests


class Keys(jwt.PyJWKClient):
    """The public keys of the issuer, kept for ten minutes.

    They are fetched again for a key that is not among them, at most every 30 seconds, so that
    tokens with invented keys cause no flood. While the issuer does not answer, one request in ten
    seconds waits for it.
    """

    def __init__(self, url):
        super().__init__(url, lifespan=600, cooldown_duration=30, timeout=3)
        self.next_try = 0

    def fetch_data(self):
        if time.monotonic() < self.next_try:
            raise jwt.PyJWKClientConnectionError("The issuer did not answer a moment ago")
        self.next_try = time.monotonic() + 10
        keys = super().fetch_data()
        self.next_try = 0
        return keys


class Verifier:
    """Verifies the access tokens of one issuer. A process needs one, which keeps the keys."""

    def __init__(self, jwks_url, *, issuer, audience, algorithms=("EdDSA",)):
        self.keys = Keys(jwks_url)
        self.issuer = issuer
        self.audience = audience
        self.algorithms = list(algorithms)  # the issuer's, never those that a token names

    def claims(self, token):
        """Return the claims of an access token.

        Raises jwt.PyJWKClientConnectionError if the keys cannot be fetched (answer 503), and other
        subclasses of jwt.PyJWTError if the token is not valid (answer 401).
        """
        token = jwt.decode_complete(
            token,
            self.keys.get_signing_key_from_jwt(token),
            algorithms=self.algorithms,
            issuer=self.issuer,
            audience=self.audience,
            leeway=10,  # seconds by which the clocks may differ
            options={"require": ["exp", "iat", "iss", "aud", "sid"]},
        )
        header, claims = token["header"], token["payload"]
        if header.get("typ") != "JWT" or claims.get("token_type") != "access":
            raise jwt.InvalidTokenError("The token is no access token")
        return claims


def introspect(url, service_key, token):
    """Return what the issuer says of a token or API key now: revocation included."""
    answer = requests.post(
        url, json={"token": token}, headers={"X-API-Key": service_key}, timeout=3
    )
    answer.raise_for_status()
    return answer.json()
