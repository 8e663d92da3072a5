from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import chain
from typing import IO, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

#: The longest body that is read; requests to these endpoints are shorter.
MAX_BODY_BYTES = 64 * 1024

#: Python 3.14 reads tens of thousands of levels, which recursive code cannot process.
MAX_DEPTH = 500

#: The escape of half a surrogate pair; only the decoded text shows whether the other half follows.
_SURROGATE = re.compile(rb"\\ud", re.IGNORECASE)


class StrictJSONParser(BaseParser):
    """JSON (RFC 8259) that every parser reads alike (interoperability, RFC 7493).

    UTF-8 only; no repeated member names, no NaN or Infinity, no lone surrogates (section 8.2),
    no more than 64 KiB. Every other body, deep nesting included, is a ``ParseError`` (400).
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request: HttpRequest | None = (parser_context or {}).get("request")
        if not is_json(media_type or self.media_type) or not _is_utf_8(request):
            raise UnsupportedMediaType(media_type or self.media_type)
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise ParseError(_("The request body is too long."))
        try:
            value = json.loads(
                body.decode(),
                parse_constant=_refuse_constant,
                object_pairs_hook=_object_with_unique_members,
            )
            if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
                _refuse_deep_nesting(value)
            if _SURROGATE.search(body):
                _refuse_lone_surrogates(value)
            return value
        except (ValueError, RecursionError):
            raise ParseError(_("The request body is not valid JSON.")) from None


def is_json(content_type: str) -> bool:
    """Say whether the media type is JSON; DRF accepts a wildcard, this does not."""
    return content_type.partition(";")[0].strip().lower() == StrictJSONParser.media_type


def _is_utf_8(request: HttpRequest | None) -> bool:
    encoding = (request and request.encoding) or "utf-8"
    return encoding.lower() in ("utf-8", "utf8")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _refuse_deep_nesting(value: Any) -> None:
    level = [value]
    for _depth in range(MAX_DEPTH + 1):
        lists = [item for item in level if isinstance(item, list)]
        lists += [list(item.values()) for item in level if isinstance(item, dict)]
        level = list(chain.from_iterable(lists))
    if level:
        raise ValueError("nested too deeply")


def _refuse_lone_surrogates(value: Any) -> None:
    json.dumps(value, ensure_ascii=False).encode()


def _object_with_unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member name")
    return members
