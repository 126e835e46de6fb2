"""How long a service takes until it serves, and what it holds when idle; beside a gRPC
server that serves one empty method and nothing else (rpc_empty_server callback)."""

import contextlib
import functools
import pathlib
import subprocess
import tempfile
import time

import grpc

from figures import alternate, show
from running_set import BIN

PEER = "empty_grpc_server"
SERVICES = ("intake", "audit")
SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse, status SERVING
IDLE_SECONDS = 3


def command_of(pid):
    """A running service's own command line, to start it once more."""
    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    return [argument.decode() for argument in command if not argument.startswith(b"--port_file=")]


@contextlib.contextmanager
def started(command, port_file_option, is_ready):
    """Starts a server; yields its process and the milliseconds until it was ready."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = pathlib.Path(folder) / "port"
        began = time.monotonic()
        process = subprocess.Popen([*command, f"{port_file_option}{port_file}"], stderr=subprocess.DEVNULL)
        try:
            while not (port_file.exists() and port_file.read_text().endswith("\n")):
                if process.poll() is not None:
                    raise SystemExit(f"bench: {command[0]} did not start")
                time.sleep(0.001)
            is_ready(int(port_file.read_text()))
            yield process, (time.monotonic() - began) * 1000
        finally:
            process.terminate()
            process.wait(timeout=60)


def await_serving(port, credentials):
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        while check(b"", timeout=20, wait_for_ready=True) != SERVING:
            time.sleep(0.001)


def credentials_of(its_set):
    """Mutual TLS as the operators' system."""
    files = its_set.certificate("driften")
    return grpc.ssl_channel_credentials(*(pathlib.Path(files[f"SAMVERKAN_{name}"]).read_bytes()
                                          for name in ("CA", "KEY", "CERT")))


def await_answer(port):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        channel.unary_unary("/samverkan.bench.v1.EmptyService/Empty")(b"", timeout=20, wait_for_ready=True)


def empty_server():
    return started([BIN / "tools/bench.d/rpc_empty_server", "callback"], "", await_answer)


def megabytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def milliseconds(server):
    with server as (_, taken):
        return round(taken, 1)


def start_to_ready(its_set):
    """From the start of the process until a caller gets its first answer."""
    for service in SERVICES:
        command = command_of(its_set.process(service))
        is_ready = functools.partial(await_serving, credentials=credentials_of(its_set))
        times, peer_times = alternate(5, lambda: milliseconds(started(command, "--port_file=", is_ready)),
                                      lambda: milliseconds(empty_server()))
        show(f"start_to_ready_{service}", times, "ms", PEER, peer_times)


def idle_memory(its_set):
    """Resident memory of each service that has served nobody yet, libraries included."""
    time.sleep(IDLE_SECONDS)
    with empty_server() as (process, _):
        peer = megabytes(process.pid)
    for service in SERVICES:
        show(f"idle_memory_{service}", [megabytes(its_set.process(service))], "MB", PEER, [peer])
