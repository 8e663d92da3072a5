"""Predicates of setting values that depend on other rooms; the others are in ``conf.values``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models

from authkit.core import crypto
from authkit.core.http import networks
from authkit.core.http.client import MOST_HOPS
from authkit.core.limits import rates
from authkit.schema.audit.exemptions import WrongExemption, read_exemptions


def is_proxies(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(network, str) and is_network(network) for network in value)
    return type(value) is int and 0 <= value <= MOST_HOPS


def are_login_fields(value: Any) -> bool:
    if value is None:
        return True
    model = get_user_model()
    text = (models.CharField, models.TextField)
    names = {field.name for field in model._meta.concrete_fields if isinstance(field, text)}
    allowed = names | {model.USERNAME_FIELD}
    given = isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)
    return given and model.USERNAME_FIELD in value and allowed.issuperset(value)


def is_network(value: str) -> bool:
    try:
        return networks.parse(value).prefixlen > 0  # /0 would trust every client
    except ValueError:
        return False


def is_rate(value: Any) -> bool:
    try:
        return value is None or (isinstance(value, str) and bool(rates.parse(value)))
    except ValueError:
        return False


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


def are_exemptions(value: Any) -> bool:
    try:
        read_exemptions(value)
    except WrongExemption:
        return False
    return True
