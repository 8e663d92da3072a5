"""Emptying the database after a test that committed.

Django's way flushes everything, and then makes the permissions and content types of every app
anew. Here they stay, and PostgreSQL is emptied by DELETE: its TRUNCATE makes new files for every
table and index. That is a hundredth of the cost, for each of thousands of tests.
"""

from django.core.management.color import no_style
from django.db import connections

#: Made by migrating, and changed by no test.
KEPT = {"auth_permission", "django_content_type"}


def empty(case):
    """Do what ``TransactionTestCase._fixture_teardown`` is for."""
    for alias in case._databases_names(include_mirrors=False):
        connection = connections[alias]
        tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT
        connection.ops.execute_sql_flush(_statements(connection, sorted(tables)))


def _statements(connection, tables):
    if connection.vendor != "postgresql":
        return connection.ops.sql_flush(no_style(), tables)
    # One transaction, at whose end the foreign keys are looked at.
    return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]
