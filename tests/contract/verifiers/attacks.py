"""Tokens that no service may take for an access token, whichever key signed them.

Byte for byte, because libraries refuse to write most of them. Those with claims that the issuer
would not sign for this service are signed with its own key: only the claims can give them away.
"""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HOUR = 3600
#: To sign with no key, or with a file that everybody can read.
EMPTY = b""


def encode(data):
    data = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def public_bytes(key, *form):
    return key.public_key().public_bytes(*(form or (Encoding.Raw, PublicFormat.Raw)))


def jwk_of(key):
    return {"crv": "Ed25519", "kty": "OKP", "x": encode(public_bytes(key))}


def without_none(members):
    return {name: value for name, value in members.items() if value is not None}


class Forger:
    """Writes tokens like a given one.

    :param access: an access token that is valid.
    :param key: the private key that signed it.
    """

    def __init__(self, access, key):
        header, payload, self.signature = access.split(".")
        self.header, self.claims = decode(header), decode(payload)
        self.key = key
        self.stranger = Ed25519PrivateKey.generate()

    def signed(self, *, key=None, header=None, **claims):
        """Return a token with other claims; one that is None is left out."""
        content = self.content(header, claims)
        return f"{content}.{encode((key or self.key).sign(content.encode()))}"

    def by_hmac(self, secret, algorithm="HS256", **header):
        content = self.content({"alg": algorithm, **header})
        return f"{content}.{encode(hmac.digest(secret, content.encode(), hashlib.sha256))}"

    def unsigned(self, algorithm, signature=""):
        return f"{self.content({'alg': algorithm})}.{signature}"

    def content(self, header=None, claims=None):
        parts = (self.header | (header or {}), self.claims | (claims or {}))
        return ".".join(map(encode, map(without_none, parts)))


def accepted(forger):
    """Return tokens by what they are: all are valid."""
    return {
        "a copy": forger.signed(),
        "of a server whose clock is ahead": forger.signed(iat=int(time.time()) + 5),
        "for several services": forger.signed(aud=["https://other.example", forger.claims["aud"]]),
    }


def refused(forger, refresh):
    """Return tokens by what they are: none is valid.

    :param refresh: the refresh token that came with the access token.
    """
    return {
        "a refresh token": refresh,
        **of_other_claims(forger),
        **of_other_headers(forger),
        **of_other_keys(forger),
        **by_the_public_key(forger),
        **without_signature(forger),
        **no_tokens(forger),
    }


def of_other_claims(forger):
    now = int(time.time())
    others = {
        "another issuer": {"iss": "https://evil.example"},
        "an issuer that begins alike": {"iss": forger.claims["iss"] + ".evil.example"},
        "several issuers": {"iss": [forger.claims["iss"]]},
        "no issuer": {"iss": None},
        "another audience": {"aud": "https://other.example"},
        "other audiences": {"aud": ["https://other.example"]},
        "an audience that begins alike": {"aud": forger.claims["aud"] + "/admin"},
        "no audience": {"aud": None},
        "expired": {"exp": now - HOUR},
        "expired for ever": {"exp": 0},
        "no expiry": {"exp": None},
        "an expiry that is text": {"exp": "never"},
        "not yet valid": {"nbf": now + HOUR},
        "an enrolment token": {"token_type": "enrolment"},
        "a challenge": {"token_type": "challenge"},
        "a refresh token by its claim": {"token_type": "refresh"},
        "no type": {"token_type": None},
        "several types": {"token_type": ["access"]},
        "no session": {"sid": None},
    }
    return {name: forger.signed(**claims) for name, claims in others.items()}


def of_other_headers(forger):
    others = {
        "of another kind": {"typ": "logout+jwt"},
        "of no kind": {"typ": None},
        "an algorithm of the same key": {"alg": "Ed25519"},
        "an algorithm of another key": {"alg": "ES256"},
        "no algorithm": {"alg": None},
        "several algorithms": {"alg": ["EdDSA"]},
        "an extension that is critical": {"crit": ["https://evil.example"]},
        "a payload that is not encoded": {"b64": False, "crit": ["b64"]},
    }
    return {name: forger.signed(header=header) for name, header in others.items()}


#: What a careless service reads a file or a row by.
KIDS = {
    "a path": "../../../../../../dev/null",
    "an absolute path": "/dev/null",
    "a file URL": "file:///dev/null",
    "a URL": "https://evil.example/jwks.json",
    "a query": "' UNION SELECT 'secret' --",
    "a command": "key.pem; id",
    "an empty text": "",
    "a zero byte": "a\0b",
    "a long text": "k" * 100_000,
    "a number": 0,
    "a list": [],
    "an object": {},
    "a constant": True,
}


def of_other_keys(forger):
    stranger = forger.stranger
    own = {"key": stranger}
    kid = encode(hashlib.sha256(json.dumps(jwk_of(stranger)).encode()).digest())
    return {
        "an unknown key": forger.signed(**own, header={"kid": "unknown"}),
        "another key by the name of ours": forger.signed(**own),
        "no key": forger.signed(**own, header={"kid": None}),
        "its key inside": forger.signed(**own, header={"kid": kid, "jwk": jwk_of(stranger)}),
        "its key inside, by the name of ours": forger.signed(
            **own, header={"jwk": jwk_of(stranger) | {"kid": forger.header["kid"]}}
        ),
        "its key elsewhere": forger.signed(
            **own, header={"kid": kid, "jku": "https://evil.example/jwks.json"}
        ),
        "its certificate elsewhere": forger.signed(
            **own, header={"x5u": "https://evil.example/cert.pem"}
        ),
        **{f"a key by {name}": forger.signed(**own, header={"kid": k}) for name, k in KIDS.items()},
        **{f"no secret by {name}": forger.by_hmac(EMPTY, kid=k) for name, k in KIDS.items()},
    }


def by_the_public_key(forger):
    """Algorithm confusion: what is public is taken for an HMAC key."""
    pem = public_bytes(forger.key, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {
        "PEM": pem,
        "PEM without its last line feed": pem.strip(),
        "DER": public_bytes(forger.key, Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "bytes": public_bytes(forger.key),
        "x": jwk_of(forger.key)["x"].encode(),
        "JWK": json.dumps(jwk_of(forger.key)).encode(),
        "kid": forger.header["kid"].encode(),
        "nothing": EMPTY,
    }
    return {f"HMAC by the {name}": forger.by_hmac(secret) for name, secret in secrets.items()}


def without_signature(forger):
    copied = forger.content(claims={"user_id": forger.claims["user_id"] + "0"})
    return {
        **{f"alg {name}": forger.unsigned(name) for name in ("none", "None", "NONE", "nOnE", "")},
        "alg none, signed": forger.unsigned("none", forger.signature),
        "alg none in a list": forger.unsigned(["none"]),
        "alg 0": forger.unsigned(0),
        "no signature": f"{copied}.",
        "two parts": copied,
        "zeros": f"{copied}.{encode(bytes(64))}",
        "the signature of another token": f"{copied}.{forger.signature}",
    }


def no_tokens(forger):
    content = forger.content()
    return {
        "nothing": "",
        "dots": "..",
        "a word": "token",
        "a NUL": "\0",
        "not ASCII": "é.é.é",
        "four parts": f"{content}.{forger.signature}.{forger.signature}",
        "five parts": f"{content}....",
        "a header that is no object": f"{encode([])}.{encode({})}.{forger.signature}",
        "a payload that is no object": forged_payload(forger, b"[]"),
        "a payload that is no JSON": forged_payload(forger, b"{"),
        "a deep payload": forged_payload(forger, b"[" * 50_000),
        "a deep header": f"{encode(b'[' * 50_000)}.{encode({})}.{forger.signature}",
    }


def forged_payload(forger, payload):
    content = f"{encode(forger.header)}.{encode(payload)}"
    return f"{content}.{encode(forger.key.sign(content.encode()))}"
