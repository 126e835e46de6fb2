"""pgbench beside a service: scripts that write and read as the service does, with contents as long."""

import pathlib
import re
import secrets
import tempfile

from figures import say
from running_set import ROOT

PEERS = ROOT / "tools/bench.d"
WARM_UP_SECONDS = 1


class Peer:
    """pgbench on copies of a service's tables, in the same PostgreSQL."""

    def __init__(self, its_set, seconds, lengths, **variables):
        """`lengths` are octets, by the names that the scripts have for random contents; `variables`
        their numbers."""
        self._set = its_set
        self._seconds = seconds
        self._contents = [f"--define={name}=\\x{secrets.token_hex(int(length))}" for name, length in lengths.items()]
        self._contents += [f"--define={name}={value}" for name, value in variables.items()]

    def _run(self, script, *options):
        self._set.settle()
        return self._set.pgbench(PEERS / script, self._seconds, *self._contents, *options)

    def rate(self, script):
        return round(float(re.search(r"tps = ([\d.]+) \(without", self._run(script)).group(1)))

    def milliseconds_at(self, script, rate):
        """Median and 99th percentile, counted from when a transaction should have started."""
        with tempfile.TemporaryDirectory() as folder:
            self._run(script, f"--rate={rate}", "--log", f"--log-prefix={folder}/log")
            lines = [line.split() for path in pathlib.Path(folder).iterdir() for line in path.read_text().splitlines()]
        # client, transaction, time, script, when in seconds, microseconds
        ends = [int(line[4]) + int(line[5]) / 1e6 for line in lines]
        begin = min(ends) + WARM_UP_SECONDS
        times = sorted(int(line[2]) / 1000 for line, end in zip(lines, ends) if end >= begin)
        return times[len(times) // 2], times[len(times) * 99 // 100]


def check_rows(ours, peers, script):
    """The comparison is worth nothing where the peer writes other rows. Each are rows by table, and
    the first table has one for each request; the audit entry, gone when delivered, is not counted."""
    ours, peers = ([count / counts[0] for count in counts] for counts in (ours, peers))
    if ours != peers:
        raise SystemExit(f"bench: the service writes {ours} rows a request, {script} {peers}: mend {script}")
    say(f"both write {sum(ours) + 1:.0f} rows a request")
