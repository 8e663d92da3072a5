"""Races in two threads: a request that is paused at a statement, while something else happens."""

import threading
from contextlib import contextmanager

from django.db import connection

from tests.database.statements import at_statement

#: Seconds after which a thread is taken for stuck.
STUCK = 60


@contextmanager
def paused(call, verb, model, *, after=False):
    """Run ``call`` in a thread until its first statement of this kind, and after the block on.

    :param after: pause behind that statement, which holds its locks then.
    Yields a list that has the answer once the block has ended.
    """
    reached, released, answers = threading.Event(), threading.Event(), []

    def wait():
        reached.set()
        assert released.wait(STUCK)

    def run():
        try:
            with at_statement(verb, model, wait, after=after):
                answers.append(call())
        finally:
            reached.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert reached.wait(STUCK)
        yield answers
    finally:
        released.set()
        thread.join(STUCK)
    assert not thread.is_alive()
    assert answers, "the call has failed"
