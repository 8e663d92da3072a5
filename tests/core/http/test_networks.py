"""Networks in CIDR notation. No database."""

import pytest
from authkit.core.http.networks import canonical, contains, joined


@pytest.mark.parametrize(
    ("network", "spelling"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:c000:207", "192.0.2.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_has_one_spelling(network, spelling):
    assert canonical(network) == canonical(spelling) == spelling


@pytest.mark.parametrize(
    "network",
    [
        "",
        " ",
        "192.0.2.1/24",
        "192.0.2.0/33",
        "192.0.2.0/-1",
        "192.0.2.0/24/24",
        "192.0.2/24",
        "192.0.02.0/24",
        "192.0.2.0 /24",
        "192.0.2.0/24\n",
        "192.0.2.0/0.0.0.0.0",
        "\u0661\u0669\u0662.0.2.0/24",
        "fe80::1%eth0",
        "fe80::%1/64",
        "2001:db8::1/32",
        "::1::/64",
        "example.com",
        "1",
        "/",
        "*",
    ],
)
def test_what_is_no_network_is_refused(network):
    with pytest.raises(ValueError, match=r"."):
        canonical(network)


@pytest.mark.parametrize(
    ("networks", "address", "inside"),
    [
        ("", "203.0.113.9", True),
        ("", None, True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.0/24", "::ffff:192.0.2.255", False),
        ("192.0.2.0/24", None, False),
        ("192.0.2.7/32 2001:db8::/32", "2001:db8:ffff::1", True),
        ("192.0.2.7/32 2001:db8::/32", "2001:db9::1", False),
        ("192.0.2.7/32 2001:db8::/32", "192.0.2.7", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "192.0.2.7", False),
    ],
)
def test_an_address_is_in_one_of_the_networks_or_in_none(networks, address, inside):
    # A mapped address never comes: authkit.core.http.client makes it an IPv4 one.
    assert contains(networks, address) is inside


def test_networks_are_kept_once_and_in_order():
    assert joined(["::1", "10.0.0.0/8", "::ffff:10.0.0.0/104"]) == "::1/128 10.0.0.0/8"
