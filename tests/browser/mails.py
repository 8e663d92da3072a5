"""The mails of the example, as its mailbox shows them."""

import html
import itertools
import re
import time

#: Mails are sent after the answer that tells of them.
SECONDS = 20

_numbers = itertools.count(1)


def new_address():
    """Return an e-mail address that no other test uses."""
    return f"reader{next(_numbers)}@elsewhere.example"


def with_address(person, example):
    """Give a person an e-mail address; return the person."""
    person.email = new_address()
    example.run(
        "from django.contrib.auth import get_user_model\n"
        f"get_user_model().objects.filter(username={person.username!r})"
        f".update(email={person.email!r})"
    )
    return person


def link_to(page, address, part):
    """Return the newest link with a part that was mailed to an address, once it is there."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = links_to(page, address, part)
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"No link with {part} was mailed to {address}.")


def links_to(page, address, part):
    mailbox = page.request.get("/demo/mailbox/").text()
    mails = [mail for mail in mailbox.split("<article>")[1:] if f"To {address}<" in mail]
    links = [re.findall(r'href="([^"]+)"', mail) for mail in mails]
    return [html.unescape(link) for found in links for link in found if part in link]


def token_of(link):
    return re.search(r"token=([\w-]{43})$", link)[1]


def heading(page, name):
    return page.get_by_role("heading", name=name, exact=True)
