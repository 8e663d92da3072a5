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


#: What prints by itself otherwise.
PRINTING = ("authkit", "uvicorn.access", "uvicorn.error")


@contextmanager
def collected_log(file=None):
    """Collect the log instead of printing it: refusals are what most steps are about.

    With the name of a file, write it there as well.
    """
    root, collector = logging.getLogger(), Collector()
    handlers = [collector, *([logging.FileHandler(file, "w", "utf-8")] if file else [])]
    printing = {name: logging.getLogger(name).handlers for name in PRINTING}
    for name in PRINTING:
        logging.getLogger(name).handlers = []
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield collector
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        for name, own in printing.items():
            logging.getLogger(name).handlers = own
