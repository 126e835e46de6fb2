"""Durable submissions and audited reads through intake's API, beside pgbench doing with the
same PostgreSQL what they come to there. The services do all of their work meanwhile, save that
the delivery of audit entries steps back while submissions wait: intake_submit_delivered counts
the time until it has caught up, too. pgbench does nothing of that."""

import pathlib
import re
import secrets
import tempfile
import time

from figures import alternate, say, show
from running_set import ROOT

PEERS = ROOT / "tools/bench.d"
ROUNDS = 3
SECONDS = 6
RATE = 500
OUTSTANDING = 128
WARM_UP_SECONDS = 1
TABLES = ("request", "report", "deadline", "feedback", "report_meeting", "event", "audit_entry")


class Peer:
    """pgbench on copies of intake's tables, with contents as long as intake's."""

    def __init__(self, its_set):
        self._set = its_set
        # Entries of the outbox are gone when they were delivered: as long as what audit keeps.
        lengths = its_set.sql(
            "SELECT r.submission, r.handling, r.meeting, r.feedback, r.event, a.entry FROM"
            " (SELECT max(octet_length(submission)) AS submission, max(octet_length(handling)) AS handling,"
            "   (SELECT max(octet_length(content)) FROM intake.report_meeting) AS meeting,"
            "   (SELECT max(octet_length(content)) FROM intake.feedback) AS feedback,"
            "   (SELECT max(octet_length(content)) FROM intake.event) AS event"
            "   FROM intake.report) AS r,"
            " (SELECT max(octet_length(leaf) + octet_length(body)) AS entry FROM audit.entry"
            "   JOIN audit.private_part USING (index)) AS a").split("|")
        names = ("submission", "handling", "meeting", "feedback", "event", "entry")
        self._contents = [f"--define={name}=\\x{secrets.token_hex(int(length))}"
                          for name, length in zip((*names, "fingerprint", "tag"), (*lengths, 32, 16))]

    def run(self, script, *options):
        self._set.settle()
        return self._set.pgbench(PEERS / script, SECONDS, *self._contents, *options)

    def rate(self, script):
        return round(float(re.search(r"tps = ([\d.]+) \(without", self.run(script)).group(1)))

    def milliseconds_at(self, script, rate):
        """Median and 99th percentile, counted from when a transaction should have started."""
        with tempfile.TemporaryDirectory() as folder:
            self.run(script, f"--rate={rate}", "--log", f"--log-prefix={folder}/log")
            lines = [line.split() for path in pathlib.Path(folder).iterdir() for line in path.read_text().splitlines()]
        # client, transaction, time, script, when in seconds, microseconds
        ends = [int(line[4]) + int(line[5]) / 1e6 for line in lines]
        begin = min(ends) + WARM_UP_SECONDS
        times = sorted(int(line[2]) / 1000 for line, end in zip(lines, ends) if end >= begin)
        return times[len(times) // 2], times[len(times) * 99 // 100]


def prepare(its_set):
    """One report of each child, and the peer's tables."""
    names = its_set.folder / "names"
    if names.exists():
        return
    count = len(its_set.children.read_text().splitlines())
    its_set.load("--call=submit", *its_set.reporter, f"--children={its_set.children}",
                 f"--names={names}", f"--calls={count}")
    its_set.settle()
    its_set.sql("ANALYZE")
    its_set.sql((PEERS / "peer_tables.sql").read_text())


def submit_load(its_set, *options):
    its_set.settle()
    return its_set.load("--call=submit", *its_set.reporter, f"--children={its_set.children}",
                        f"--duration={SECONDS}s", f"--warm_up={WARM_UP_SECONDS}s", f"--outstanding={OUTSTANDING}",
                        *options)


def delivered_rate(its_set):
    """Submissions a second, until the audit service has the last of their entries."""
    its_set.settle()
    begin = time.monotonic()
    counts = its_set.load("--call=submit", *its_set.reporter, f"--children={its_set.children}",
                          f"--duration={SECONDS}s", "--warm_up=0s", f"--outstanding={OUTSTANDING}")
    its_set.settle()
    return round(counts["ok"] / (time.monotonic() - begin))


def rate_of(counts):
    return round(counts["ok"] / counts["seconds"])


def get(its_set):
    """Reads that are authorised and stand in the audit log before they are answered."""
    prepare(its_set)
    peer = Peer(its_set)

    def ours():
        its_set.settle()
        return rate_of(its_set.load("--call=get", *its_set.reception,
                                    f"--names={its_set.folder / 'names'}", f"--duration={SECONDS}s"))

    rates, peer_rates = alternate(ROUNDS, ours, lambda: peer.rate("peer_get.sql"))
    show("intake_get", rates, "requests/s", "pgbench", peer_rates)


def submit(its_set):
    """Reports that are durable with their deadlines, event, audit entry and request id."""
    prepare(its_set)
    peer = Peer(its_set)
    rates, peer_rates = alternate(ROUNDS, lambda: rate_of(submit_load(its_set)),
                                  lambda: peer.rate("peer_submit.sql"))
    check_rows(its_set)
    show("intake_submit", rates, "requests/s", "pgbench", peer_rates)


def check_rows(its_set):
    """The comparison is worth nothing where the peer writes other rows."""
    its_set.settle()

    def rows(schema):
        counts = [int(its_set.sql(f"SELECT count(*) FROM {schema}.{table}")) for table in TABLES[:-1]]
        return [count / counts[0] for count in counts]

    if rows("intake") != rows("bench"):
        raise SystemExit(f"bench: of {TABLES[:-1]} intake writes {rows('intake')} rows a request, peer_submit.sql"
                         f" {rows('bench')}: mend peer_submit.sql")
    say(f"both write {sum(rows('intake')) + 1:.0f} rows a request")


def submit_delivered(its_set):
    """The same until the entries are delivered, which pgbench knows nothing of."""
    prepare(its_set)
    peer = Peer(its_set)
    rates, peer_rates = alternate(ROUNDS, lambda: delivered_rate(its_set), lambda: peer.rate("peer_submit.sql"))
    show("intake_submit_delivered", rates, "requests/s", "pgbench", peer_rates)


def submit_latency(its_set):
    """From when a submission should have started to its answer, at a steady rate."""
    prepare(its_set)
    peer = Peer(its_set)

    def ours():
        counts = submit_load(its_set, f"--rate={RATE}")
        return counts["p50_ms"], counts["p99_ms"]

    times, peer_times = alternate(ROUNDS, ours, lambda: peer.milliseconds_at("peer_submit.sql", RATE))
    for index, name in enumerate(("p50", "p99")):
        show(f"intake_submit_latency_{name}", [time[index] for time in times], f"ms at {RATE}/s",
             f"pgbench --rate={RATE}", [time[index] for time in peer_times])
