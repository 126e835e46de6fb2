#!/usr/bin/python3
"""Measures what libs/rpc costs: an empty method through the adapter (token, access
rule, queue, metrics, log line) beside the same method on gRPC's bare callback API.

Both are loaded by h2load over 8 connections with 32 streams each, in alternating
rounds; the figure is the median round. Prints one JSON line.

usage: tools/bench.d/rpc_empty.py [seconds per round [rounds]]
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = ROOT / "bazel-bin/tools/bench.d/rpc_empty_server"
PATH = "/samverkan.bench.v1.EmptyService/Empty"
EMPTY_MESSAGE = b"\0\0\0\0\0"  # one gRPC frame: not compressed, no bytes


class Server:
    """A running rpc_empty_server; its log goes to a file, as a service's does."""

    def __init__(self, kind, folder):
        port_file = folder / f"{kind}.port"
        self._log = open(folder / f"{kind}.log", "wb")
        self._process = subprocess.Popen([SERVER, kind, port_file], stderr=self._log)
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self._process.poll() is not None:
                sys.exit(f"rpc_empty_server {kind} did not start")
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()


def load(server, body, seconds):
    """Loads the server for so long; the calls answered OK a second."""
    output = subprocess.run(
        ["h2load", "--clients=8", "--max-concurrent-streams=32", f"--duration={seconds}", "--warm-up-time=1",
         f"--data={body}", "--header=content-type: application/grpc", "--header=te: trailers",
         "--header=authorization: Bearer bench", f"http://127.0.0.1:{server.port}{PATH}"],
        check=True, capture_output=True, text=True).stdout
    done = int(re.search(r"(\d+) succeeded", output).group(1))
    data = int(re.search(r"\((\d+)\) data", output).group(1))
    # A refused call is HTTP 200 too, but has no message.
    if done == 0 or data < done * len(EMPTY_MESSAGE):
        sys.exit(f"calls failed:\n{output}")
    return done / seconds


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    subprocess.run(["bazel", "build", "//tools/bench.d:rpc_empty_server"], cwd=ROOT, check=True, capture_output=True)
    rates = {"adapter": [], "callback": []}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        body = folder / "body"
        body.write_bytes(EMPTY_MESSAGE)
        servers = {kind: Server(kind, folder) for kind in rates}
        try:
            for _ in range(rounds):
                for kind, server in servers.items():
                    rates[kind].append(load(server, body, seconds))
        finally:
            for server in servers.values():
                server.stop()
    value, peer = (statistics.median(rates[kind]) for kind in ("adapter", "callback"))
    print(json.dumps({"name": "rpc_empty", "value": round(value), "unit": "requests/s", "peer": "callback_rpc",
                      "peer_value": round(peer), "ratio": round(value / peer, 3)}))


if __name__ == "__main__":
    main()
