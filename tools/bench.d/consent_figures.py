"""Checks of disclosure through consent's API that are durable with their audit entry before they are
answered, beside pgbench inserting the same rows into the same PostgreSQL. The service does all of
its work meanwhile, save that the delivery of audit entries steps back while checks wait. It reads a
child that was not asked about for a minute: each was, once, before the rounds. Children are asked about
authority by authority."""

import json

from figures import alternate, say, show
from intake_figures import rate_of
from pgbench_peer import PEERS, WARM_UP_SECONDS, Peer, check_rows

ROUNDS = 3
SECONDS = 8
RATE = 1000
OUTSTANDING = 128
CHILDREN = 10_000
CONSENTS_OF_A_CHILD = 10
RULES = 1_000
TABLES = ("decision", "event", "request")
# Too young for their own word to be asked for: rule S-007.
BORN_FROM = "2012"


def unregistered(its_set):
    """Authorities and identity numbers, as consent_load registers them. There are fewer official test numbers
    than children here, so that each authority has children by the same numbers."""
    numbers = [number for number in its_set.children.read_text().split() if number >= BORN_FROM]
    return [(f"namnden-{child // len(numbers)}", numbers[child % len(numbers)]) for child in range(CHILDREN)]


def load(its_set, *options):
    return json.loads(its_set.call("consent_load", "consent", *its_set.called_by("treserva"),
                                   f"--token_folder={its_set.folder}", *options))


def prepare(its_set):
    """The rules, the children with their consents, and the peer's tables."""
    children = its_set.folder / "registered"
    if children.exists():
        return children
    load_rules(its_set)
    unregistered_children = unregistered(its_set)
    for authority in {authority for authority, _ in unregistered_children}:
        its_set.token(authority, "treserva", "--subject=eva.holm", f"--authority={authority}", "--unit=barnenheten",
                      "--role=CASEWORKER", "--qualified")
    numbers = its_set.folder / "numbers"
    numbers.write_text("".join(f"{authority} {number}\n" for authority, number in unregistered_children))
    registered = load(its_set, "--call=register", f"--items={numbers}", f"--names={children}", f"--calls={CHILDREN}")
    say(f"registered {registered['ok']} children in {registered['seconds']:.0f} s")
    asked = load(its_set, "--call=ask", f"--items={children}", f"--calls={CHILDREN * CONSENTS_OF_A_CHILD}")
    say(f"recorded {asked['ok']} consents in {asked['seconds']:.0f} s")
    its_set.settle()
    its_set.sql("ANALYZE")
    its_set.sql((PEERS / "peer_check_tables.sql").read_text())
    return children


def load_rules(its_set):
    by = ("driften", "--role=OPERATOR", "--authority=skarholmen")
    tokens = [its_set.token(subject, *by, f"--subject={subject}") for subject in ("olle.drift", "lisa.drift")]
    its_set.call("load_rules", "consent", *its_set.called_by("driften"), f"--token_file={tokens[0]}",
                 f"--approver_token_file={tokens[1]}", f"--rule_count={RULES}")


def peer_of(its_set, children):
    """Its contents are as long as those of a check; its entries as what audit keeps of one."""
    load(its_set, "--call=check", f"--items={children}", f"--calls={CHILDREN}")
    its_set.settle()
    lengths = its_set.sql(
        "SELECT (SELECT max(octet_length(content)) FROM consent.decision),"
        " (SELECT octet_length(content) FROM consent.event ORDER BY sequence DESC LIMIT 1),"
        " (SELECT max(octet_length(leaf) + octet_length(body)) FROM audit.entry JOIN audit.private_part USING (index)"
        "    WHERE method LIKE '%/CheckDisclosure')").split("|")
    say(f"octets of decision, event and audit entry: {', '.join(lengths)}")
    return Peer(its_set, SECONDS, dict(zip(("decision", "event", "entry"), lengths), fingerprint=32), children=CHILDREN)


def check_load(its_set, children, *options):
    its_set.settle()
    return load(its_set, "--call=check", f"--items={children}", f"--duration={SECONDS}s",
                f"--warm_up={WARM_UP_SECONDS}s", f"--outstanding={OUTSTANDING}", *options)


def rows(its_set, schema):
    return [int(its_set.sql(f"SELECT count(*) FROM {schema}.{table}")) for table in TABLES]


def check(its_set):
    """Questions that two consents permit, of 10 that each child has."""
    children = prepare(its_set)
    peer = peer_of(its_set, children)
    before = rows(its_set, "consent"), rows(its_set, "bench_consent")
    rates, peer_rates = alternate(ROUNDS, lambda: rate_of(check_load(its_set, children)),
                                  lambda: peer.rate("peer_check.sql"))
    added = [[after - first for after, first in zip(rows(its_set, schema), counts)]
             for schema, counts in zip(("consent", "bench_consent"), before)]
    check_rows(*added, "peer_check.sql")
    show("disclosure_check", rates, "checks/s", "pgbench", peer_rates)


def check_latency(its_set):
    """From when a check should have started to its answer, at a steady rate."""
    children = prepare(its_set)
    peer = peer_of(its_set, children)

    def ours():
        counts = check_load(its_set, children, f"--rate={RATE}")
        return counts["p50_ms"], counts["p99_ms"]

    times, peer_times = alternate(ROUNDS, ours, lambda: peer.milliseconds_at("peer_check.sql", RATE))
    for index, name in enumerate(("p50", "p99")):
        show(f"disclosure_check_latency_{name}", [time[index] for time in times], f"ms at {RATE}/s",
             f"pgbench --rate={RATE}", [time[index] for time in peer_times])
