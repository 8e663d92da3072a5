"""The secret keys of a demo: made once, kept in files that git ignores."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def secret_key() -> str:
    """Return what SECRET_KEY may be."""
    return secrets.token_urlsafe(64)


def signing_key() -> str:
    """Return a private key for EdDSA, as PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_or_create(path: Path, make: Callable[[], str] = secret_key) -> str:
    """Return the key in `path`; the first call makes it, readable by its owner only."""
    if not path.exists():
        _create(path, make())
    return path.read_text(encoding="ascii").strip()


def _create(path: Path, key: str) -> None:
    # Written aside and linked into place: of two processes that start together one wins, and
    # neither ever reads half a key.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text(key, encoding="ascii")
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
