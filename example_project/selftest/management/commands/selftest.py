import logging
import threading
import traceback
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError

from example_project import server
from example_project.selftest.client import Client, NotSo, mask
from example_project.selftest.database import debug_off, fresh_database
from example_project.selftest.journeys import JOURNEYS
from example_project.selftest.tour import StepFailed, Tour


class Command(BaseCommand):
    help = "Walks every journey over real HTTP, against a server and a database of its own."

    def handle(self, **_options):
        with quiet_refusals(), debug_off(), fresh_database(), serving() as httpd:
            self.say(f"Server on {httpd.url}, with a fresh database.")
            tour = Tour(Client(server.HOST, httpd.server_port), self.say)
            self.walk(tour)
        self.say(f"\nAll {tour.steps} steps are so.")

    def walk(self, tour):
        for journey in JOURNEYS:
            tour.headline(journey.__doc__.splitlines()[0])
            try:
                journey.walk(tour)
            except StepFailed as failed:
                self.say(f"NOT SO  {failed.number}  {failed.sentence}")
                raise CommandError(describe(failed.cause), returncode=1) from failed

    def say(self, text):
        self.stdout.write(text)
        self.stdout.flush()


def describe(cause):
    """Say what was expected and what came, with tokens and keys masked."""
    if isinstance(cause, NotSo):
        return mask(f"\nexpected: {cause.expected}\n\ncame:\n{cause.came}")
    return mask("".join(traceback.format_exception(cause)))


@contextmanager
def serving():
    """Serve the project on a free loopback port, in this process, until the block ends."""
    httpd = server.bind(handler=server.SilentRequestHandler)
    # Closing waits for every request, so that no connection is left when the database goes.
    httpd.daemon_threads = False
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield httpd
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@contextmanager
def quiet_refusals():
    """Keep the expected 4xx out of the report; a 500 is still logged with its traceback."""
    logger = logging.getLogger("django.request")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
