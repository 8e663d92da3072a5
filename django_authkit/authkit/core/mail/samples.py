"""A sample context of each mail, for previews and for authors of templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_READER = {"username": "ann"}

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "account_deleted": _READER,
    "confirm_request": {
        **_READER,
        "address": "ann@new.example.com",
        "link": "https://app.example.com/confirm#token=made-up",
    },
    "email_change": {**_READER, "link": "https://app.example.com/confirm#token=made-up"},
    "email_change_requested": {
        **_READER,
        "address": "ann@new.example.com",
        "link": "https://app.example.com/confirm#token=made-up",
    },
    "email_change_undone": _READER,
    "email_changed": {
        **_READER,
        "address": "ann@new.example.com",
        "link": "https://app.example.com/confirm#token=made-up",
    },
    "email_taken": _READER,
    "email_verification": {**_READER, "link": "https://app.example.com/confirm#token=made-up"},
    "first_password": {**_READER, "link": "https://app.example.com/confirm#token=made-up"},
    "password_changed": _READER,
    "password_reset": {
        **_READER,
        "link": "https://app.example.com/reset#uid=MQ&token=made-up",
        "minutes": 30,
    },
    "recovery_codes_low": {**_READER, "left": 2},
    "registration": {"link": "https://app.example.com/confirm#token=made-up"},
    "registration_exists": _READER,
    "registration_name_taken": {},
    "second_factor_disabled": _READER,
    "second_factor_enabled": _READER,
    "token_reused": _READER,
}
