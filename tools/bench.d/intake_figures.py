"""Durable submissions and audited reads through intake's API, beside pgbench doing with the
same PostgreSQL what they come to there. The services do all of their work meanwhile, save that
the delivery of audit entries steps back while submissions wait: intake_submit_delivered counts
the time until it has caught up, too. pgbench does nothing of that."""

import time

from figures import alternate, show
from pgbench_peer import PEERS, WARM_UP_SECONDS, Peer, check_rows

ROUNDS = 3
SECONDS = 6
RATE = 500
OUTSTANDING = 128
TABLES = ("request", "report", "deadline", "feedback", "report_meeting", "event")


def peer_of(its_set):
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
    return Peer(its_set, SECONDS, dict(zip(names, lengths), fingerprint=32, tag=16))


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
    peer = peer_of(its_set)

    def ours():
        its_set.settle()
        return rate_of(its_set.load("--call=get", *its_set.reception,
                                    f"--names={its_set.folder / 'names'}", f"--duration={SECONDS}s"))

    rates, peer_rates = alternate(ROUNDS, ours, lambda: peer.rate("peer_get.sql"))
    show("intake_get", rates, "requests/s", "pgbench", peer_rates)


def submit(its_set):
    """Reports that are durable with their deadlines, event, audit entry and request id."""
    prepare(its_set)
    peer = peer_of(its_set)
    rates, peer_rates = alternate(ROUNDS, lambda: rate_of(submit_load(its_set)),
                                  lambda: peer.rate("peer_submit.sql"))
    check_rows(rows(its_set, "intake"), rows(its_set, "bench"), "peer_submit.sql")
    show("intake_submit", rates, "requests/s", "pgbench", peer_rates)


def rows(its_set, schema):
    its_set.settle()
    return [int(its_set.sql(f"SELECT count(*) FROM {schema}.{table}")) for table in TABLES]


def submit_delivered(its_set):
    """The same until the entries are delivered, which pgbench knows nothing of."""
    prepare(its_set)
    peer = peer_of(its_set)
    rates, peer_rates = alternate(ROUNDS, lambda: delivered_rate(its_set), lambda: peer.rate("peer_submit.sql"))
    show("intake_submit_delivered", rates, "requests/s", "pgbench", peer_rates)


def submit_latency(its_set):
    """From when a submission should have started to its answer, at a steady rate."""
    prepare(its_set)
    peer = peer_of(its_set)

    def ours():
        counts = submit_load(its_set, f"--rate={RATE}")
        return counts["p50_ms"], counts["p99_ms"]

    times, peer_times = alternate(ROUNDS, ours, lambda: peer.milliseconds_at("peer_submit.sql", RATE))
    for index, name in enumerate(("p50", "p99")):
        show(f"intake_submit_latency_{name}", [time[index] for time in times], f"ms at {RATE}/s",
             f"pgbench --rate={RATE}", [time[index] for time in peer_times])
