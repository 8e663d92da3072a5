import pytest
from authkit.core.identity.domains import in_ascii, in_letters


@pytest.mark.parametrize(
    ("letters", "ascii_form"),
    [
        ("example.com", "example.com"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("mail.\u0440\u0444.\u4f8b\u3048", "mail.xn--p1ai.xn--r8jz45g"),
        ("[127.0.0.1]", "[127.0.0.1]"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_a_domain_is_written_in_both_ways(letters, ascii_form):
    assert (in_ascii(letters), in_ascii(ascii_form)) == (ascii_form, ascii_form)
    assert (in_letters(letters), in_letters(ascii_form)) == (letters, letters)


@pytest.mark.parametrize("spelling", ["exam\u00adple.com", "example\u3002com", "ex\u200dample.com"])
def test_what_the_dns_does_not_see_is_in_neither(spelling):
    assert in_ascii(spelling) == in_letters(spelling) == "example.com"


@pytest.mark.parametrize(
    "domain",
    [
        *["\u00fc" * 64 + ".example", "\u00fc..example", "\u00fc\ud800", "\u0627a.example"],
        *["xn--a.example", "xn--strae-oqa.example", "a" * 64 + ".example", "x" * 300],
    ],
    ids=ascii,
)
def test_what_is_no_domain_stays_as_it_is(domain):
    assert in_ascii(domain) == in_letters(domain) == domain
