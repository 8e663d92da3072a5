import threading
import traceback
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError

from example_project import server
from example_project.selftest.client import Client, NotSo, mask
from example_project.selftest.database import debug_off, fresh_database
from example_project.selftest.hashing import cheap_hashing
from example_project.selftest.journeys import JOURNEYS
from example_project.selftest.log import collected_log
from example_project.selftest.mail import collected_mail
from example_project.selftest.tour import StepFailed, Tour


class Command(BaseCommand):
    help = "Walks every journey over real HTTP, against a server and a database of its own."

    def handle(self, **_options):
        # The log comes last, since making the server's application configures logging again.
        with (
            debug_off(),
            cheap_hashing(),
            fresh_database(),
            collected_mail() as mailbox,
            serving() as httpd,
            collected_log() as log,
        ):
            self.say(f"Server on {httpd.url}, with a fresh database.")
            tour = Tour(Client(server.HOST, httpd.port), log, mailbox, self.say)
            self.walk(tour)
        self.say(f"\nAll {tour.steps} steps are so.")

    def walk(self, tour):
        for journey in JOURNEYS:
            tour.headline(journey.__doc__.splitlines()[0])
            try:
                journey.walk(tour)
            except StepFailed as failed:
                self.say(f"NOT SO  {failed.number}  {failed.sentence}")
                raise CommandError(describe(failed.cause, tour.log.errors)) from failed

    def say(self, text):
        self.stdout.write(text)
        self.stdout.flush()


def describe(cause, errors):
    """Say what was expected and what came, then what the server logged; secrets are masked."""
    if isinstance(cause, NotSo):
        told = [f"expected: {cause.expected}", f"came:\n{cause.came}"]
    else:
        told = ["".join(traceback.format_exception(cause))]
    return mask("\n\n".join(["", *told, *errors]))


@contextmanager
def serving():
    """Serve the project on a free loopback port, in this process, until the block ends."""
    httpd, started = server.bind(access_log=False), threading.Event()
    thread = threading.Thread(target=httpd.serve_forever, args=[started.set])
    thread.start()
    started.wait()
    try:
        yield httpd
    finally:
        # Waits for every request, so that no connection is left when the database goes.
        httpd.stop()
        thread.join()
