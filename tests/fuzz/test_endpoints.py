"""Whatever is sent to an endpoint, the answer is one that a client can read; never a 500."""

import json
import uuid
from datetime import timedelta

import pytest
from authkit import urls
from authkit.api_keys.keys import new_key
from authkit.core.limits.rates import Rate
from authkit.models import APIKey, Session, TOTPDevice
from authkit.tickets import flows
from django.contrib.auth import get_user_model
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import PASSWORD, Client, bearer, is_there
from tests.sessions.forge import sign

pytestmark = [pytest.mark.django_db, pytest.mark.many]

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

#: On a server every request costs more, and what databases differ in is what they are sent: it
#: stands in the raw bodies, and no other methods read one.
IS_SERVER = connection.vendor != "sqlite"
EXAMPLES = 25 if IS_SERVER else 100
WITH_BODY = ["POST", "PATCH", "DELETE"] if IS_SERVER else METHODS

fuzz = settings(
    derandomize=True,
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)

#: Takes no body: a recently authenticated session gets a set-up whatever object comes along.
SETUP = "totp-setup"

#: Look at no credential, besides what is about tokens.
OPEN = {
    "register",
    "email-verify",
    "email-verify-resend",
    "password-reset",
    "password-reset-confirm",
}

PATTERNS = [route for route in urls.urlpatterns if is_there(str(route.pattern))]
ROUTES = {route.name: "/api/v1/auth/" + str(route.pattern) for route in PATTERNS}


@pytest.fixture(autouse=True)
def _all_of_them_on(settings, mailers, monkeypatch):
    # Fuzzing asks for more of them than a session gets in a minute.
    monkeypatch.setattr(flows, "LIMIT", Rate(number=10_000, period=timedelta(minutes=1)))
    settings.AUTHKIT = {
        "REGISTRATION": True,
        "EMAIL_VERIFICATION_URL": "https://app.example/#{token}",
    }


def address(name):
    arguments = [uuid.UUID(int=1)] if "<" in ROUTES[name] else []
    return reverse(f"authkit:{name}", args=arguments)


def members():
    own = ["password", "refresh", "token", "current_password", "new_password"]
    own += ["otp", "challenge", "code", "uid"]
    own += ["email", "first_name", "last_name", "is_staff"]
    own += ["name", "scopes", "expires_at", "allowed_networks", "overlap_seconds"]
    own += ["path"]
    return [get_user_model().USERNAME_FIELD, *own]


def send(method, path, body=b"", content_type="application/json", **headers):
    client = Client(raise_request_exception=False)
    if path.endswith("/introspect/"):  # the only endpoint for services
        headers.setdefault("HTTP_X_API_KEY", SERVICE_KEY)
    return client.generic(method, path, body, content_type=content_type, **headers)


def assert_well_formed(answer, allowed=(200, 204, 400, 401, 404, 405, 406, 415)):
    assert answer.status_code in allowed, (answer.status_code, answer.content[:500])
    assert answer["Cache-Control"] == "no-store"
    if answer.status_code == 204:
        assert answer.content == b""
        return
    assert answer["Content-Type"] == "application/json"
    if answer.wsgi_request.method == "HEAD":
        return
    body = json.loads(answer.content)
    if answer.status_code >= 400:
        assert isinstance(body, dict)
        is_refusal = set(body) == {"detail", "code"} and all(
            isinstance(v, str) for v in body.values()
        )
        is_list_by_member = answer.status_code == 400 and all(
            isinstance(messages, list) and all(isinstance(m, str) for m in messages)
            for messages in body.values()
        )
        assert is_refusal or is_list_by_member, body
    if answer.status_code == 401:
        challenged = answer["WWW-Authenticate"]
        assert challenged.startswith(('Bearer realm="api"', 'ApiKey realm="api"'))


ANSWERS = (200, 204, 400, 401, 404, 405, 406, 415)
#: Wrong codes and passwords are counted, and fuzzing tries more of them than are allowed. Any name
#: makes a key, within the quota.
COUNTED = {
    "token-obtain": (429,),
    "reauthenticate": (429,),
    "password-change": (429,),
    "password-set": (409,),
    "password-reset": (202,),
    "totp-verify": (429,),
    "totp-disable": (429,),
    SETUP: (201,),
    "register": (202,),
    "email-verify-resend": (202,),
    "email-change": (202, 429),
    "api-key-list": (201, 409),
    "ticket": (201,),
}


def allowed(name):
    return (*ANSWERS, *COUNTED.get(name, ()))


def is_object(body):
    return not body.strip() or isinstance(json.loads(body), dict)


# --- bodies ------------------------------------------------------------------------------------

nasty_text = st.one_of(
    st.text(max_size=50),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Mn"]), max_size=20),
    st.sampled_from(["", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\u202e", "x" * 5_000]),
    st.sampled_from([PASSWORD, "a.b.c", "..", "%", "_", "\\", "' OR 1=1 --", "\U0001f600" * 40]),
    st.sampled_from(["user@example.com", "@", "nul\0@example.com", "\u0130", "\ufb01", "\xdf"]),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | nasty_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(nasty_text, inner, max_size=4),
    max_leaves=8,
)
signed_tokens = st.dictionaries(
    st.sampled_from(
        ["token_type", "user_id", "sid", "generation", "exp", "iat", "nbf", "jti", "aud", "iss"]
    ),
    json_values | st.sampled_from(["access", "refresh", 4102444800, str(uuid.UUID(int=1))]),
).map(sign)


@st.composite
def documents(draw):
    """A JSON document of the right members, each with any value at all."""
    names = draw(st.lists(st.sampled_from(members()) | nasty_text, max_size=6, unique=True))
    return json.dumps({name: draw(json_values | signed_tokens) for name in names}).encode()


RAW_BODIES = {
    "empty": b"",
    "nothing-but-space": b"  \n",
    "text": b"hello",
    "half": b'{"password": ',
    "list": b"[]",
    "string": b'"text"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "list-of-objects": b'[{"password": "x"}]',
    "nan": b'{"password": NaN}',
    "infinity": b'{"password": -Infinity}',
    "1e999": b'{"password": 1e999}',
    "huge-int": b'{"password": ' + b"9" * 5_000 + b"}",
    "repeated-member": b'{"password": "a", "password": "b"}',
    "repeated-by-escape": b'{"password": "a", "p\\u0061ssword": "b"}',
    "bom": b"\xef\xbb\xbf{}",
    "utf-16": '{"password": "x"}'.encode("utf-16"),
    "utf-32": '{"password": "x"}'.encode("utf-32"),
    "latin-1": b'{"password": "\xe9"}',
    "overlong-utf-8": b'{"password": "\xc0\x80"}',
    "surrogate-bytes": b'{"password": "\xed\xa0\x80"}',
    "lone-surrogates": b'{"password": "\\ud800", "refresh": "\\udfff", "token": "\\ud800x"}',
    "nul-escape": b'{"password": "\\u0000", "refresh": "\\u0000", "token": "\\u0000"}',
    "nul-byte": b'{"password": "\x00"}',
    "surrogate-member": b'{"\\ud800": 1}',
    "deep-list": b"[" * 100_000,
    "deep-object": b'{"a":' * 100_000,
    "deep-within-the-limit": b"[" * 60_000 + b"]" * 5_000,
    "deep-and-closed": b"[" * 32_000 + b"]" * 32_000,
    "deep-object-within-the-limit": b'{"a":' * 13_000,
    "a-megabyte": b'{"password": "' + b"x" * 2**20 + b'"}',
    "many-members": json.dumps({str(n): n for n in range(7_000)}).encode(),
    "comments": b'{"password": "x" /* y */}',
    "trailing-comma": b'{"password": "x",}',
    "form": b"password=x&refresh=y",
}
UNREADABLE = set(RAW_BODIES) - {"list", "string", "number", "null", "true", "list-of-objects"}
UNREADABLE -= {
    "empty",
    "1e999",
    "lone-surrogates",
    "nul-escape",
    "surrogate-member",
    "many-members",
}


#: A service key with the scope to introspect, whose secret is the same in each test.
SERVICE_KEY = new_key("ak", "SERVICES")


@pytest.fixture
def access(user):
    hashed = APIKey.objects.key_generator.hash(SERVICE_KEY)
    APIKey.objects.create(
        name="service", prefix="SERVICES", hashed_key=hashed, scope="authkit:introspect"
    )
    return Client().pair(user)["access"]


@pytest.mark.parametrize("body", RAW_BODIES)
@pytest.mark.parametrize("name", ROUTES)
def test_a_raw_body_of_any_kind_is_answered(access, name, body):
    for method in WITH_BODY:
        for headers in ({}, bearer(access)):
            answer = send(method, address(name), RAW_BODIES[body], **headers)
            if (method, name) == ("DELETE", "session-list"):
                assert answer.status_code in (204, 401)
                continue
            assert_well_formed(answer, allowed=allowed(name))
            if body in UNREADABLE and method == "POST" and answer.status_code not in (401, 405):
                assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize("name", ROUTES)
@fuzz
@given(
    body=documents() | st.binary(max_size=200) | json_values.map(lambda v: json.dumps(v).encode())
)
def test_a_generated_body_is_answered(access, name, body):
    for headers in ({}, bearer(access)):
        answer = send("POST", address(name), body, **headers)
        assert_well_formed(answer, allowed=allowed(name))
        assert answer.status_code != 201 or (headers and is_object(body))
    assert Session.objects.count() == 1
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


@fuzz
@given(body=documents() | json_values.map(lambda v: json.dumps(v).encode()))
def test_a_generated_profile_is_answered(user, access, body):
    answer = send("PATCH", address("profile"), body, **bearer(access))
    assert_well_formed(answer, allowed=[200, 400])
    assert get_user_model().objects.get(pk=user.pk).password == user.password


OTHER_TYPES = [
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "application/octet-stream",
    "application/json; charset=utf-7",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "application/json; charset=idna",
    "json",
    "\xe9",
]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
@pytest.mark.parametrize(
    "name",
    [route.name for route in PATTERNS if hasattr(route.callback.view_class, "post")],
)
def test_another_content_type_is_415(access, name, content_type):
    answer = send("POST", address(name), b'{"refresh": "x"}', content_type, **bearer(access))
    assert_well_formed(answer, allowed=[415])
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        'application/json; charset="UTF-8"',
        "APPLICATION/JSON",
        "application/json;",
        "application/json; charset=no-such-charset",
    ],
)
def test_json_is_json_however_it_is_spelt(db, content_type):
    answer = send("POST", address("token-verify"), b'{"token": "x"}', content_type)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


# --- headers -----------------------------------------------------------------------------------

header_text = st.one_of(
    st.text(alphabet=st.characters(max_codepoint=255), max_size=60),
    st.text(alphabet=st.sampled_from("aB.-_= \t\0\r\n\xa0\x85\xe9,\"'"), max_size=60),
    signed_tokens,
)
SCHEMES = ["", "Bearer ", "bearer\t", "BEARER  ", "Bearer\xa0", "Basic ", "ApiKey ", "Digest ", ","]
WHOLE_HEADERS = [
    "Bearer",
    " ",
    "Bearer " + "a" * 2**20,
    "Bearer " + "." * 2**20,
    "Bearer " + " " * 2**20,
    "Bearer a.b.c, Bearer d.e.f",
    "a" * 2**20,
    "\0" * 1000,
    "ak_" + "A" * 8 + "_" + "B" * 38,
]
headers = st.builds("".join, st.tuples(st.sampled_from(SCHEMES), header_text)) | st.sampled_from(
    WHOLE_HEADERS
)


@pytest.mark.parametrize("name", ROUTES)
@fuzz
@given(authorization=st.none() | headers, api_key=st.none() | headers)
@example(authorization="Bearer " + "a" * 2**20, api_key=None)
@example(authorization=None, api_key="a" * 2**20)
def test_a_credential_header_of_any_kind_is_answered(db, name, authorization, api_key):
    sent = {"HTTP_AUTHORIZATION": authorization, "HTTP_X_API_KEY": api_key}
    sent = {header: value for header, value in sent.items() if value is not None}
    for method in ("GET", "POST", "DELETE"):
        answer = send(method, address(name), b'{"token": "x", "refresh": "x"}', **sent)
        assert_well_formed(answer)
        if name == "ticket" and len(sent) == 2:  # it takes either
            assert answer.status_code in (400, 401)
        elif not name.startswith("token-") and name not in OPEN:
            assert answer.status_code == 401


@fuzz
@given(key=headers | nasty_text.map(lambda text: text.encode(errors="replace").decode("latin-1")))
def test_no_made_up_api_key_is_found(db, key):
    with pytest.raises(APIKey.DoesNotExist):
        APIKey.objects.get_from_key(key)


@fuzz
@given(agent=header_text, peer=header_text)
def test_a_log_in_survives_any_user_agent_and_any_peer(user, agent, peer):
    body = json.dumps({user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}).encode()
    answer = send("POST", address("token-obtain"), body, HTTP_USER_AGENT=agent, REMOTE_ADDR=peer)
    assert_well_formed(answer, allowed=[200])
    listed = send("GET", address("session-list"), **bearer(answer.json()["access"]))
    assert_well_formed(listed, allowed=[200])
    assert all(len(session["user_agent"]) <= 255 for session in listed.json())
    Session.objects.all().delete()


# --- addresses ---------------------------------------------------------------------------------

path_pieces = st.one_of(
    st.text(alphabet="0123456789abcdef-", max_size=40),
    st.uuids().map(str),
    st.uuids().map(lambda value: str(value).upper()),
    st.uuids().map(lambda value: value.hex),
    st.integers(-(10**400), 10**400).map(str),
    st.sampled_from(["%00", "%ff", "%F0%9F%98%80", "..%2f", "..", "%2e%2e", "'", "%", "{}", "*"]),
    st.text(alphabet=st.characters(codec="ascii", exclude_characters="?#/"), max_size=30),
)


@fuzz
@given(piece=path_pieces)
@example(piece="1" + "0" * 400)
@example(piece="%00")
def test_no_made_up_session_id_ends_a_session(access, piece):
    for method in ("DELETE", "GET"):
        answer = send(method, f"/api/v1/auth/sessions/{piece}/", **bearer(access))
        assert answer.status_code in (404, 405), answer.content[:300]
        assert answer.status_code == 404 or method == "GET"
    assert Session.objects.live().count() == 1


@pytest.mark.parametrize("name", ROUTES)
@fuzz
@given(
    query=st.dictionaries(
        st.sampled_from(["refresh", "token", "password", "access_token", "_method"]),
        st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
        max_size=4,
    )
)
def test_nothing_in_the_query_is_looked_at(access, name, query):
    path = address(name)
    for method in ("POST", "PUT"):
        plain = send(method, path, b"{}", **bearer(access))
        queried = send(method, path, b"{}", query_params=query, **bearer(access))
        assert queried.status_code == plain.status_code
        if plain.status_code != 201:  # a secret differs from the next
            assert queried.content == plain.content


@pytest.mark.parametrize(
    "accept",
    ["*/*", "text/html", "application/xml", "application/json;q=0.1", "", "\xe9", "a/b;;;="],
)
@pytest.mark.parametrize("name", ROUTES)
def test_the_answer_is_json_whatever_the_client_accepts(access, name, accept):
    for method in ("GET", "POST"):
        assert_well_formed(send(method, address(name), b"{}", HTTP_ACCEPT=accept))
