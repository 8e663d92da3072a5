from contextlib import suppress

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from example_project import server
from example_project.demo import seed
from example_project.demo.welcome import welcome


class Command(BaseCommand):
    help = "Fills the database with a small library, and serves it on 127.0.0.1."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000, help="Default: 8000.")

    def handle(self, *, port, **_options):
        if settings.PRODUCTION:
            raise CommandError("The demo has well-known passwords, so it is not for production.")
        try:
            self.run(port)
        except KeyboardInterrupt:
            self.say("\nStopped.")

    def run(self, port):
        self.say("Preparing the database ...")
        api_key, chat = prepare_database()
        self.say("Comparing the OpenAPI document with the views ...")
        report = write_audit()
        httpd = self.bind(port)
        link_mails_to(httpd.url)
        httpd.serve_forever(lambda: self.say(welcome(httpd.url, api_key, chat, report)))

    def bind(self, port):
        try:
            httpd = server.bind_or_any(port)
        except (OSError, OverflowError) as error:
            raise CommandError(f"Cannot listen on port {port}: {error}") from error
        if port not in (httpd.port, server.ANY_FREE_PORT):
            self.say(f"Port {port} is taken; using {httpd.port}.")
        return httpd

    def say(self, text):
        self.stdout.write(text)
        # At once, also into a pipe: the server that comes next never returns.
        self.stdout.flush()


def link_mails_to(url):
    """Have mails link to the pages of this server, whose port may be another than usual."""
    for name in ("PASSWORD_RESET_URL", "EMAIL_VERIFICATION_URL"):
        page = settings.AUTHKIT[name].removeprefix(settings.SITE_URL)
        settings.AUTHKIT[name] = url + page


def write_audit():
    """Audit the document; return the file of the report, to be opened in a browser."""
    report = settings.SQLITE_PATH.with_name("demo.audit.html")
    with suppress(SystemExit):  # where there are findings, which the report has
        call_command("authkit_audit_schema", format=["html"], output=[str(report)])
    return report


def prepare_database():
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {error}") from error
    chat = seed.plant()
    return seed.new_api_key(), chat
