import json
import shutil
import signal
import socket
import subprocess

import pytest

from tests.example.running import demo

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


def paste(lines):
    """Run the curl lines as a shell does, and return the three bodies."""
    commands = [line for line in lines if line.startswith("curl ")]
    return [
        json.loads(
            subprocess.run(command, shell=True, capture_output=True, check=True, timeout=60).stdout
        )
        for command in commands
    ]


def stop(process):
    """Press Ctrl-C; return the exit code, what was printed since, and the errors."""
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    return process.returncode, printed, errors


@needs_curl
def test_the_printed_curl_lines_work_also_after_a_restart(tmp_path):
    for _ in range(2):
        with demo(tmp_path, "--port", "0") as (lines, _process):
            pair, books, tasks = paste(lines)
        assert pair["token_type"] == "Bearer"
        assert books["count"] == 6
        assert tasks["count"] == 3


def test_ctrl_c_stops_it_without_a_traceback(tmp_path):
    with demo(tmp_path, "--port", "0") as (_lines, process):
        code, printed, errors = stop(process)
    assert (code, printed, errors) == (0, "\nStopped.\n", "")


def test_if_the_port_is_taken_then_another_one_is_used_and_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)) as (lines, _process):
            text = "\n".join(lines)
    assert f"Port {port} is taken; using " in text
    assert f"http://127.0.0.1:{port}/" not in text
