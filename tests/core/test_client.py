import pytest
from authkit.core.client import client_of


@pytest.mark.parametrize(
    ("peer", "ip"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        ("unix:", None),
        ("192.0.2.1:8000", None),
        ("192.0.2.256", None),
        ("192.0.2.1, 10.0.0.1", None),
        ("::1\0", None),
        ("1" * 100_000, None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_the_address_is_that_of_the_peer_in_one_form(rf, peer, ip):
    assert client_of(rf.get("/", REMOTE_ADDR=peer)).ip == ip


def test_without_a_peer_there_is_no_address(rf):
    request = rf.get("/")
    del request.META["REMOTE_ADDR"]
    assert client_of(request).ip is None


@pytest.mark.parametrize(
    "header", ["X_FORWARDED_FOR", "X_REAL_IP", "FORWARDED", "CLIENT_IP", "CF_CONNECTING_IP"]
)
def test_an_address_that_anybody_can_send_is_not_believed(rf, header):
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", **{f"HTTP_{header}": "203.0.113.9"})
    assert client_of(request).ip == "192.0.2.1"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"),
        ("", ""),
        ("a" * 256, "a" * 255),
        ("a" * 1_000_000, "a" * 255),
        ("a\0b\r\nc\x1b[31m", "abc[31m"),
        ("\udc80\ud800", ""),
        ("\u202egpj.exe", "gpj.exe"),
        ("\x00" * 300 + "end", "end"),
        ("<script>", "<script>"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_the_user_agent_is_printable_and_short(rf, sent, kept):
    assert client_of(rf.get("/", HTTP_USER_AGENT=sent)).user_agent == kept


def test_without_a_user_agent_it_is_empty(rf):
    assert client_of(rf.get("/")).user_agent == ""
