"""A Redis server of a test's own, that can be flushed, stopped, restarted and slowed."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time


class PrivateRedis:
    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.location = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self.start()

    def start(self):
        """Start it, empty, at the port that it has had from the beginning."""
        binary = shutil.which("redis-server")
        assert binary, "redis-server is not installed"
        self.process = subprocess.Popen(
            [binary, "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        while not self._answers():
            assert self.process.poll() is None, "redis-server has ended"
            time.sleep(0.05)

    def flush(self):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(16) == b"+OK\r\n"

    def slow(self):
        """It takes connections and answers nothing from now on."""
        self.process.send_signal(signal.SIGSTOP)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def _answers(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        return False
