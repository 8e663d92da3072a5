"""Reporters turn a report into text. They judge nothing and print nothing."""

from __future__ import annotations

from collections.abc import Callable

from authkit.schema.audit import Report
from authkit.schema.reporters import as_json, as_text

REPORTERS: dict[str, Callable[[Report], str]] = {
    "json": as_json.render,
    "text": as_text.render,
}
