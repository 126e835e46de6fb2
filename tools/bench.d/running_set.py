"""A set of its own to measure: tools/run with a run folder that is gone afterwards."""

import contextlib
import json
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile
import time

from figures import say

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "bazel-bin"
PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
OFFICIAL_NUMBERS = ROOT / "libs/identity/testdata/test_identity_numbers.json"


def _variables(text):
    """The values of shell variables, by their names."""
    lines = [line.split("=", 1) for line in text.splitlines()]
    return {name: shlex.split(value)[0] for name, value in lines}


class RunningSet:
    """Services with a private PostgreSQL, and what it takes to call them."""

    def __init__(self, folder):
        self.folder = folder
        self.env = _variables((folder / "env").read_text())
        self.database = self.env["SAMVERKAN_PG"]
        self.children = folder / "children"
        self.children.write_text("".join(f"{number}\n" for number in
                                         json.loads(OFFICIAL_NUMBERS.read_text())["children"]))
        self.reporter = self._caller("skolportalen")
        self.reception = self._caller("lifecare", "--subject=anna.berg", "--authority=skarholmen",
                                      "--unit=mottagningsenheten", "--role=RECEPTION")

    def certificate(self, system):
        """Where the system's certificate lies, by the names of shell variables."""
        return _variables(self._run("certificate_main", f"--system={system}"))

    def _caller(self, system, *options):
        """The options by which a load calls as somebody: certificate and token."""
        return [*self.called_by(system), f"--token_file={self.token(system, system, *options)}"]

    def called_by(self, system):
        """The options by which a load presents the certificate of a system."""
        files = self.certificate(system)
        return [f"--ca={files['SAMVERKAN_CA']}", f"--certificate={files['SAMVERKAN_CERT']}",
                f"--key={files['SAMVERKAN_KEY']}"]

    def token(self, name, system, *options):
        """The file of a token."""
        token = self.folder / f"{name}.token"
        token.write_text(self._run("token_main", f"--system={system}", *options))
        return token

    def _run(self, program, *options):
        return subprocess.run([BIN / "tools" / program / program, f"--run-dir={self.folder}", *options], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def process(self, service):
        """The process that runs a service."""
        for line in (self.folder / "started").read_text().splitlines():
            name, _, pid, _ = line.split()
            if name == service:
                return int(pid)
        raise LookupError(service)

    def load(self, *options):
        """Calls intake by intake_load; its counts. Ends the run where a call failed."""
        return json.loads(self.call("intake_load", "intake", *options))

    def call(self, program, service, *options):
        """Runs a program of tools/bench.d that calls a service; what it printed. Ends the run where it failed."""
        done = subprocess.run([BIN / "tools/bench.d" / program, f"--target={self.env[f'SAMVERKAN_{service.upper()}']}",
                               *options], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench: calls failed: {done.stdout}")
        return done.stdout

    def sql(self, text):
        """Runs SQL; what it printed."""
        return subprocess.run(["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
                               f"--dbname={self.database}"], input=text, check=True, stdout=subprocess.PIPE,
                              text=True).stdout.strip()

    def pgbench(self, script, seconds, *options):
        """Runs a script by 16 clients; what pgbench printed."""
        # As intake's own statement: no plan that was made while a table was small reads all of it.
        done = subprocess.run([PGBENCH, "--no-vacuum", "--protocol=prepared", "--client=16", "--jobs=2",
                               f"--time={seconds}", f"--file={script}", *options, self.database],
                              env=dict(os.environ, PGOPTIONS="-c enable_seqscan=off"), text=True, check=False,
                              capture_output=True)
        if done.returncode != 0 or "aborted" in done.stderr:
            raise SystemExit(f"bench: pgbench failed: {done.stderr}")
        return done.stdout

    def settle(self):
        """Waits until the outboxes are empty: what one round left over must not burden the next."""
        ends = time.monotonic() + 120
        left = " + ".join(f"(SELECT count(*) FROM {service}.audit_entry)"
                          f" + (SELECT count(*) FROM {service}.event WHERE position IS NULL)"
                          for service in ("intake", "consent"))
        while self.sql(f"SELECT {left}") != "0":
            if time.monotonic() > ends:
                raise SystemExit("bench: the outbox does not drain")
            time.sleep(0.1)


@contextlib.contextmanager
def running_set():
    """Starts a set and stops it."""
    with tempfile.TemporaryDirectory(prefix="samverkan-bench-") as name:
        folder = pathlib.Path(name) / "set"
        log = pathlib.Path(name) / "run.log"
        say("starting a set of its own")
        with open(log, "wb") as output:
            run = subprocess.Popen([ROOT / "tools/run", "--no-story", "--run-dir", folder, "--binaries", BIN],
                                   stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            while not (folder / "env").exists():
                if run.poll() is not None:
                    raise SystemExit(f"bench: the set did not start:\n{log.read_text()}")
                time.sleep(0.1)
            yield RunningSet(folder)
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(timeout=60)
