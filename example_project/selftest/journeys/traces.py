"""What is left behind"""

from django.db import connection

from example_project.selftest.client import SECRETS, NotSo
from example_project.selftest.journeys.passwords import NEW_PASSWORD
from example_project.selftest.tour import PASSWORD


def walk(tour):
    with tour.step("no table keeps a token, key, code, secret or password that could be used"):
        for table in connection.introspection.table_names():
            expect_no_secret(f"table {table}", rows_as_text(table))

    with tour.step("nor does the log, which has the refused log-ins"):
        log = "\n".join(tour.log.lines)
        if "login_failed" not in log:
            raise NotSo("login_failed in the log", log)
        expect_no_secret("the log", log)

    with tour.step("nor do the mails"):
        expect_no_secret("the mails", tour.mailbox.as_text())


def rows_as_text(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def expect_no_secret(place, text):
    found = SECRETS.search(text) or PASSWORD in text or NEW_PASSWORD in text
    if found:
        raise NotSo(f"no secret in {place}", text)
