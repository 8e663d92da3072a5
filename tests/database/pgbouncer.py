"""A pgbouncer of a test's own, in transaction mode, in front of the tests' PostgreSQL."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from django.db import connection

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

CONFIGURATION = """
[databases]
* = host={HOST} port={PORT} user={USER}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
"""


@contextlib.contextmanager
def pgbouncer(size):
    """Yield the port.

    :param size: how many connections to PostgreSQL it has.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # It refuses to run as root, and another user may not enter the TMPDIR of root.
    account = {"user": "nobody"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(dir="/tmp" if account else None) as folder:
        file = Path(folder, "pgbouncer.ini")
        server = {**connection.settings_dict, "PORT": connection.settings_dict["PORT"] or 5432}
        password = f" password={server['PASSWORD']}" if server["PASSWORD"] else ""
        file.write_text(CONFIGURATION.format(**server, port=port, password=password, size=size))
        os.chmod(folder, 0o755)
        process = subprocess.Popen([PROGRAM, "--quiet", str(file)], **account)
        try:
            _wait_for(process, port)
            yield str(port)
        finally:
            process.terminate()
            process.wait()


def _wait_for(process, port):
    while True:
        assert process.poll() is None, "pgbouncer has ended"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
