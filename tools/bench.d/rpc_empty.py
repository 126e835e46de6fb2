"""What libs/rpc costs: an empty method through the adapter (token, access rule, queue,
metrics, log line) beside the same method on gRPC's bare callback API. Both are loaded by
h2load over 8 connections with 32 streams each.
"""

import pathlib
import re
import subprocess
import tempfile
import time

from figures import alternate, show
from running_set import BIN

SERVER = BIN / "tools/bench.d/rpc_empty_server"
PATH = "/samverkan.bench.v1.EmptyService/Empty"
EMPTY_MESSAGE = b"\0\0\0\0\0"  # one gRPC frame: not compressed, no bytes
ROUNDS = 5
SECONDS = 5


class Server:
    """A running rpc_empty_server; its log goes to a file, as a service's does."""

    def __init__(self, kind, folder):
        port_file = folder / f"{kind}.port"
        self._log = open(folder / f"{kind}.log", "wb")
        self._process = subprocess.Popen([SERVER, kind, port_file], stderr=self._log)
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self._process.poll() is not None:
                raise SystemExit(f"bench: rpc_empty_server {kind} did not start")
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()


def load(server, body):
    """Loads the server; the calls answered OK a second."""
    output = subprocess.run(
        ["h2load", "--clients=8", "--max-concurrent-streams=32", f"--duration={SECONDS}", "--warm-up-time=1",
         f"--data={body}", "--header=content-type: application/grpc", "--header=te: trailers",
         "--header=authorization: Bearer bench", f"http://127.0.0.1:{server.port}{PATH}"],
        check=True, capture_output=True, text=True).stdout
    done = int(re.search(r"(\d+) succeeded", output).group(1))
    data = int(re.search(r"\((\d+)\) data", output).group(1))
    # A refused call is HTTP 200 too, but has no message.
    if done == 0 or data < done * len(EMPTY_MESSAGE):
        raise SystemExit(f"bench: calls failed:\n{output}")
    return round(done / SECONDS)


def measure():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        body = folder / "body"
        body.write_bytes(EMPTY_MESSAGE)
        adapter, callback = Server("adapter", folder), Server("callback", folder)
        try:
            rates, peer_rates = alternate(ROUNDS, lambda: load(adapter, body), lambda: load(callback, body))
        finally:
            adapter.stop()
            callback.stop()
    show("rpc_empty", rates, "requests/s", "callback_rpc", peer_rates)
