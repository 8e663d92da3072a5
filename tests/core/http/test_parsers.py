import io
import json

import pytest
from authkit.core.http.body.parsers import MAX_BODY_BYTES, StrictJSONParser
from rest_framework.exceptions import ParseError, UnsupportedMediaType


def parse(body, **context):
    return StrictJSONParser().parse(io.BytesIO(body), "application/json", context)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, 2.5, true, null]} ', {"a": [1, 2.5, True, None]}),
        ('{"\u20ac": "\U0001f511"}'.encode(), {"\u20ac": "\U0001f511"}),
        (b'{"a": {"a": 1}}', {"a": {"a": 1}}),
        (b'"text"', "text"),
        (b'{"a": "NaN"}', {"a": "NaN"}),
        (b'["\\ud83d\\udd11", "\\uD83D\\uDD11"]', ["\U0001f511"] * 2),
        (b'"C:\\\\ud800"', "C:\\ud800"),
        (b"[" + b"[]," * 600 + b"1]", [[]] * 600 + [1]),
    ],
    ids=repr,
)
def test_json_is_read(body, value):
    assert parse(body) == value


UNREADABLE = {
    "nothing": b"",
    "a brace": b"{",
    "not JSON": b"refresh=x",
    "single quotes": b"{'a': 1}",
    "trailing comma": b'{"a": 1,}',
    "two values": b"{}{}",
    "comment": b"{} // x",
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "-Infinity": b"[-Infinity]",
    "one name twice": b'{"a": 1, "a": 2}',
    "one name twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "one name twice, deep inside": b'[{"b": {"a": 1, "a": 1}}]',
    "raw control character": b'{"a": "\x01"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "latin-1": '{"a": "\xe9"}'.encode("latin-1"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "lone high surrogate": b'"\\ud800"',
    "lone low surrogate, in capitals": b'{"a": ["x\\uDFFFx"]}',
    "lone surrogate as a name": b'{"\\udc00": 1}',
    "surrogates in the wrong order": b'"\\udd11\\ud83d"',
    "lone surrogate, deep inside": b"[" * 900 + b'"\\ud800"' + b"]" * 900,
    "deep list": b"[" * 30_000,
    "deep list, closed": b"[" * 30_000 + b"]" * 30_000,
    "deep list and object, closed": b'[{"a":' * 260 + b"1" + b"}]" * 260,
    "deep object": b'{"a":' * 10_000,
    "a number of 60,000 digits": b"9" * 60_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_not_json_or_could_be_read_in_two_ways_is_refused(body):
    with pytest.raises(ParseError) as caught:
        parse(body)
    assert str(caught.value.detail) == "The request body is not valid JSON."


def test_the_cause_is_not_passed_on():
    with pytest.raises(ParseError) as caught:
        parse(b'{"password": "hunter2"')
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_64_kib_are_read_and_no_byte_more():
    fits = json.dumps("a" * (MAX_BODY_BYTES - 2)).encode()
    assert parse(fits) == "a" * (MAX_BODY_BYTES - 2)
    stream = io.BytesIO(fits + b" " * 1_000_000)
    with pytest.raises(ParseError) as caught:
        StrictJSONParser().parse(stream, "application/json", {})
    assert str(caught.value.detail) == "The request body is too long."
    assert stream.tell() == MAX_BODY_BYTES + 1


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8"])
def test_utf_8_may_be_said(rf, charset):
    request = rf.post("/", b"{}", content_type=f"application/json; charset={charset}")
    assert parse(b"{}", request=request) == {}


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-7", "ascii"])
def test_another_charset_is_unsupported(rf, charset):
    request = rf.post("/", b"{}", content_type=f"application/json; charset={charset}")
    with pytest.raises(UnsupportedMediaType):
        parse(b"{}", request=request)
