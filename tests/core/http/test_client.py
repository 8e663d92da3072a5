"""Who a request is from: the peer, or whom the trusted proxies name."""

import pytest
from authkit.core.http.client import MOST_HOPS, Client, _warn_of_proxy, client_of


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
def test_a_client_ip_from_an_untrusted_header_is_ignored(rf, header):
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", **{f"HTTP_{header}": "203.0.113.9"})
    assert client_of(request).ip == "192.0.2.1"


def test_a_proxy_that_the_settings_do_not_know_is_logged_once(rf, settings, caplog):
    _warn_of_proxy.cache_clear()

    def asked(**headers):
        client_of(rf.get("/", REMOTE_ADDR="192.0.2.1", **headers))
        return [record.name for record in caplog.records]

    assert asked() == []
    settings.AUTHKIT = {"TRUSTED_PROXIES": 1}
    assert asked(HTTP_X_FORWARDED_FOR="203.0.113.9") == []
    settings.AUTHKIT = {}
    for _ in range(3):
        assert asked(HTTP_X_FORWARDED_FOR="203.0.113.9") == ["authkit.client"]
    assert "TRUSTED_PROXIES" in caplog.text
    assert "203.0.113.9" not in caplog.text


# --- behind proxies ----------------------------------------------------------------------------

ATTACKER, OWNER, OUTER, INNER = "203.0.113.9", "198.51.100.7", "10.0.0.2", "10.0.0.1"


@pytest.fixture
def ip_of(rf, settings):
    """A function that says whose address is found behind these proxies."""

    def ip_of(proxies, forwarded, peer=INNER, **headers):
        settings.AUTHKIT = {"TRUSTED_PROXIES": proxies}
        if forwarded is not None:
            headers["HTTP_X_FORWARDED_FOR"] = forwarded
        return client_of(rf.get("/", REMOTE_ADDR=peer, **headers)).ip

    return ip_of


@pytest.mark.parametrize("proxies", [1, [INNER], ["10.0.0.0/8"], ("10.0.0.1/32", "::1")], ids=str)
def test_one_proxy_is_believed_what_it_adds_and_nothing_before_it(ip_of, proxies):
    assert ip_of(proxies, OWNER) == OWNER
    assert ip_of(proxies, f"{ATTACKER}, {OWNER}") == OWNER
    assert ip_of(proxies, ",".join([ATTACKER] * 50 + [OWNER])) == OWNER


@pytest.mark.parametrize("proxies", [2, ["10.0.0.0/8"], [INNER, OUTER]], ids=str)
def test_two_proxies_are_walked_from_the_right(ip_of, proxies):
    assert ip_of(proxies, f"{OWNER}, {OUTER}") == OWNER
    assert ip_of(proxies, f"{ATTACKER}, {OWNER}, {OUTER}") == OWNER


@pytest.mark.parametrize("proxies", [1, 2, 32, ["10.0.0.0/8"]], ids=str)
@pytest.mark.parametrize(
    "forwarded", [None, "", "unknown", ",", f"{OWNER},", "_hidden", "a" * 10_000]
)
def test_where_the_proxy_names_no_client_the_client_is_the_proxy(ip_of, proxies, forwarded):
    assert ip_of(proxies, forwarded) == INNER


def test_garbage_on_the_way_ends_the_walk_at_the_proxy_that_passed_it_on(ip_of):
    assert ip_of(3, f"{OWNER}, unknown, {OUTER}") == OUTER


def test_who_comes_past_the_proxies_is_not_believed_where_they_are_known_by_network(ip_of):
    assert ip_of(["10.0.0.0/8"], OWNER, peer=ATTACKER) == ATTACKER


def test_a_chain_of_trusted_addresses_alone_ends_at_its_far_end(ip_of):
    assert ip_of(["10.0.0.0/8"], "10.9.9.9, 10.0.0.5") == "10.9.9.9"


@pytest.mark.parametrize("proxies", [1, ["10.0.0.0/8"]], ids=str)
def test_a_proxy_behind_a_unix_socket_is_on_this_machine(ip_of, proxies):
    assert ip_of(proxies, f"{ATTACKER}, {OWNER}", peer="") == OWNER
    assert ip_of(proxies, None, peer="") is None


@pytest.mark.parametrize(
    ("entry", "ip"),
    [
        ("192.0.2.1:50000", "192.0.2.1"),
        ("[2001:db8::1]:50000", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1\t", "192.0.2.1"),
        ("[192.0.2.1", INNER),
        ("192.0.2.1:50000:1", INNER),
        ("192.0.2.256:80", INNER),
        ("\u0661.1.1.1:80", INNER),
    ],
)
def test_an_entry_is_read_in_the_forms_that_proxies_write(ip_of, entry, ip):
    assert ip_of(1, entry) == ip


def test_a_mapped_peer_is_the_proxy_that_it_is(ip_of):
    assert ip_of([INNER], OWNER, peer=f"::ffff:{INNER}") == OWNER


def test_a_network_of_proxies_may_be_written_mapped(ip_of):
    assert ip_of(["::ffff:10.0.0.0/104"], OWNER, peer="10.1.2.3") == OWNER
    assert ip_of(["::ffff:10.0.0.0/104"], OWNER, peer="::ffff:10.1.2.3") == OWNER


def test_no_more_than_so_many_hops_are_followed(ip_of):
    chain = ", ".join(f"10.0.{number}.0" for number in range(100))
    assert ip_of(["10.0.0.0/8"], chain) == f"10.0.{100 - MOST_HOPS}.0"


@pytest.mark.parametrize("header", ["X_REAL_IP", "FORWARDED", "CLIENT_IP", "TRUE_CLIENT_IP"])
def test_other_headers_are_not_believed_behind_a_proxy_either(ip_of, header):
    assert ip_of(1, OWNER, **{f"HTTP_{header}": ATTACKER}) == OWNER
    assert ip_of(1, None, **{f"HTTP_{header}": ATTACKER}) == INNER


@pytest.mark.django_db
def test_the_address_of_a_session_is_the_one_behind_the_proxy(client, user, settings):
    settings.AUTHKIT = {"TRUSTED_PROXIES": 1}
    chain = f"{ATTACKER}, {OWNER}"
    access = client.log_in(user, HTTP_X_FORWARDED_FOR=chain).json()["access"]
    assert [session["ip"] for session in client.sessions(access).json()] == [OWNER]


# --- what counts as one client -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        (None, None),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::", "2001:db8:0:1::/64"),
        ("fe80::1", "fe80::/64"),
    ],
)
def test_ipv6_counts_by_64_bits(ip, network):
    assert Client(ip, "").network == network


# --- the user agent ----------------------------------------------------------------------------


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
