import threading
import traceback
from contextlib import contextmanager, suppress

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from example_project import server
from example_project.selftest.client import Client, NotSo, mask
from example_project.selftest.database import debug_off, fresh_database
from example_project.selftest.hashing import cheap_hashing
from example_project.selftest.journeys import JOURNEYS
from example_project.selftest.log import collected_log
from example_project.selftest.mail import collected_mail
from example_project.selftest.tour import PASSWORD, StepFailed, Tour


class Command(BaseCommand):
    help = "Walks every journey over real HTTP, against a server and a database of its own."

    def add_arguments(self, parser):
        parser.add_argument(
            "--keep-server",
            action="store_true",
            help="Leave the server running until Ctrl-C, with its log in a file.",
        )

    def handle(self, *, keep_server, **_options):
        log_file = settings.SQLITE_PATH.with_name("selftest.log") if keep_server else None
        with (
            debug_off(),
            cheap_hashing(),
            fresh_database(),
            collected_mail() as mailbox,
            # Around the server, which logs to its end.
            collected_log(log_file) as log,
            serving(access_log=keep_server) as httpd,
        ):
            self.say(f"Server on {httpd.url}, with a fresh database.")
            tour = Tour(Client(server.HOST, httpd.port), log, mailbox, self.say)
            failure = self.walk(tour)
            if keep_server:
                self.keep(httpd, log_file, tour, failure)
        if failure:
            raise CommandError(failure)
        self.say(f"\nAll {tour.steps} steps are so.")

    def walk(self, tour):
        """Walk every journey; return why one is not so, or None."""
        for journey in JOURNEYS:
            tour.headline(journey.__doc__.splitlines()[0])
            try:
                journey.walk(tour)
            except StepFailed as failed:
                self.say(f"NOT SO  {failed.number}  {failed.sentence}")
                return describe(failed.cause, tour.log.errors)
        return None

    def keep(self, httpd, log_file, tour, failure):
        if failure:
            self.say(failure)
        tour.person("visitor", is_staff=True, is_superuser=True)
        self.say(f"\nThe server stays until Ctrl-C: {httpd.url}/api/docs/")
        self.say(f"Log in as visitor / {PASSWORD}\nIts log: {log_file}")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()

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
def serving(*, access_log):
    """Serve the project on a free loopback port, in this process, until the block ends."""
    httpd, started = server.bind(access_log=access_log), threading.Event()
    thread = threading.Thread(target=httpd.serve_forever, args=[started.set])
    thread.start()
    started.wait()
    try:
        yield httpd
    finally:
        # Waits for every request, so that no connection is left when the database goes.
        httpd.stop()
        thread.join()
