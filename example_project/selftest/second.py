"""Another process that serves the project, as a load balancer has several behind it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from example_project import server

# By the engine of Django: the variable that names the database.
DATABASE_VARIABLES = {
    "sqlite": "EXAMPLE_SQLITE_PATH",
    "postgresql": "PGDATABASE",
    "mysql": "MYSQL_DATABASE",
}


@contextmanager
def second_process():
    """Start a process that serves the database of this one, with its keys; yield its port."""
    environment = os.environ | {
        DATABASE_VARIABLES[connection.vendor]: str(connection.settings_dict["NAME"]),
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "EXAMPLE_SECRET_KEY": settings.SECRET_KEY,
        "EXAMPLE_SIGNING_KEY": str(settings.SIGNING_KEY),
        "EXAMPLE_DEBUG": "0",
    }
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", __name__],
        cwd=settings.HERE.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate()


def main():
    def say_port():
        sys.stdout.write(f"{httpd.port}\n")
        sys.stdout.flush()

    httpd = server.bind(access_log=False)
    httpd.serve_forever(say_port)


if __name__ == "__main__":
    main()
