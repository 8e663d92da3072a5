import logging
from contextlib import contextmanager


class Collector(logging.Handler):
    """Keeps what is logged during a run, to be searched for secrets and shown after a failure."""

    def __init__(self):
        super().__init__()
        self.lines = []
        self.errors = []

    def emit(self, record):
        line = self.format(record)
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self.errors.append(line)


@contextmanager
def collected_log():
    """Collect the log instead of printing it: refusals are what most steps are about."""
    root, authkit = logging.getLogger(), logging.getLogger("authkit")
    printing, collector = authkit.handlers, Collector()
    root.addHandler(collector)
    authkit.handlers = []
    try:
        yield collector
    finally:
        authkit.handlers = printing
        root.removeHandler(collector)
