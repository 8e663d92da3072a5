"""Properties of the ground floor, with no database."""

import io
import ipaddress
import json

import pytest
from authkit.core.http.body.fields import PasswordField, StrictCharField
from authkit.core.http.body.parsers import StrictJSONParser
from authkit.core.http.client import client_of
from authkit.errors import TokenInvalid
from authkit.sessions import tokens
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.exceptions import ParseError

fuzz = settings(derandomize=True, max_examples=200, deadline=None, database=None)

storable = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@fuzz
@given(password=storable.filter(bool))
def test_a_password_comes_out_as_it_went_in(password):
    assert PasswordField().run_validation(password) == password


@fuzz
@given(
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.binary(),
        st.lists(st.text()),
        st.dictionaries(st.text(), st.text()),
        st.text(min_size=41),
        st.text(max_size=20).map(lambda text: text + "\0"),
        st.text(max_size=20).map(lambda text: text + "\ud800"),
    )
)
def test_a_strict_field_takes_no_other_thing(value):
    with pytest.raises(serializers.ValidationError):
        StrictCharField(max_length=40).run_validation(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@fuzz
@given(value=json_values)
def test_the_parser_reads_what_json_writes(value):
    assert StrictJSONParser().parse(io.BytesIO(json.dumps(value).encode())) == value


@fuzz
@given(body=st.binary())
def test_the_parser_reads_it_as_json_does_or_refuses_it(body):
    try:
        value = StrictJSONParser().parse(io.BytesIO(body))
    except ParseError:
        return
    assert value == json.loads(body.decode())


@fuzz
@given(name=st.text(), values=st.tuples(json_values, json_values))
def test_the_parser_refuses_a_repeated_member_at_any_depth(name, values):
    key, (first, second) = json.dumps(name), map(json.dumps, values)
    document = f'[{{"a": {{{key}: {first}, {key}: {second}}}}}]'
    with pytest.raises(ParseError):
        StrictJSONParser().parse(io.BytesIO(document.encode()))


@fuzz
@given(token=st.text() | st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"))
def test_no_made_up_token_is_decoded(token):
    with pytest.raises(TokenInvalid):
        tokens.read(token, "access", "refresh")


@fuzz
@given(address=st.ip_addresses())
def test_an_address_is_kept_in_its_canonical_form(address):
    request = RequestFactory().get("/", REMOTE_ADDR=str(address).upper())
    mapped = getattr(address, "ipv4_mapped", None)
    assert client_of(request).ip == str(mapped or address)


@fuzz
@given(peer=st.text(), agent=st.text())
def test_a_client_is_always_storable(peer, agent):
    client = client_of(RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_USER_AGENT=agent))
    assert client.ip is None or ipaddress.ip_address(client.ip)
    assert len(client.user_agent) <= 255
    assert client.user_agent.isprintable()
    assert client.user_agent.encode().decode() == client.user_agent
