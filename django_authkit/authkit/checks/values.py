"""What a value of a setting has to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.module_loading import import_string
from rest_framework.serializers import Serializer

from authkit.core import crypto
from authkit.core.http import networks
from authkit.core.http.client import MOST_HOPS
from authkit.core.limits import rates
from authkit.schema.audit.exemptions import WrongExemption, read_exemptions


def is_positive_timedelta(value: Any) -> bool:
    return isinstance(value, timedelta) and value > timedelta(0)


def is_mailed_lifetime(value: Any) -> bool:
    # NIST SP 800-63B-4 section 4.2.1.2.
    return is_positive_timedelta(value) and value <= timedelta(hours=24)


def is_grace(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 60


def is_proxies(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(network, str) and is_network(network) for network in value)
    return type(value) is int and 0 <= value <= MOST_HOPS


def is_network(value: str) -> bool:
    try:
        return networks.parse(value).prefixlen > 0  # everybody is not a proxy
    except ValueError:
        return False


def is_brand(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9-]{1,16}", value) is not None


def is_quota(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 10_000


def is_rate(value: Any) -> bool:
    try:
        return value is None or (isinstance(value, str) and bool(rates.parse(value)))
    except ValueError:
        return False


def is_scope_map(value: Any) -> bool:
    # RFC 6749 section 3.3: printable ASCII but blanks, quotes and backslashes.
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and re.fullmatch(r"[!#-\[\]-~]{1,100}", name)
        and isinstance(sentence, str | Promise)
        for name, sentence in value.items()
    )


def is_scope_policy(value: Any) -> bool:
    return value is None or callable(value) or (isinstance(value, str) and imports(value))


def is_key_ring(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) and is_key(key)
        for key_id, key in value.items()
    )


def is_key(value: Any) -> bool:
    try:
        return len(crypto.decode_key(value)) == crypto.KEY_BYTES
    except ValueError:
        return False


def is_factor_policy(value: Any) -> bool:
    if isinstance(value, str) and "." in value:
        return imports(value)
    return value in (None, "staff", "all") or callable(value)


def is_audit(value: Any) -> bool:
    try:
        read_exemptions(value)
    except WrongExemption:
        return False
    return True


def imports(path: str) -> bool:
    try:
        return callable(import_string(path))
    except ImportError:
        return False


def is_link(value: Any) -> bool:
    """Say whether this is an http(s) address with one ``{token}``, or None."""
    if value is None:
        return True
    if not isinstance(value, str) or value.count("{token}") != 1:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_reset_link(value: Any) -> bool:
    """Say whether this is such an address with one ``{uid}`` too, or None."""
    return is_link(value) and (value is None or value.count("{uid}") == 1)


def subclasses(base: type) -> Callable[[Any], bool]:
    """Return a function that says whether a path is that of a subclass."""

    def is_path(value: Any) -> bool:
        if not isinstance(value, str) or not imports(value):
            return False
        found = import_string(value)
        return isinstance(found, type) and issubclass(found, base)

    return is_path


def failure_of(serializer: type[Serializer[Any]]) -> Exception | None:
    """Return what goes wrong where the fields of a serializer are built, if anything does."""
    try:
        list(serializer().fields)
    except Exception as error:
        return error
    return None


def is_dict_of_names(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) for pair in value.items() for name in pair
    )
