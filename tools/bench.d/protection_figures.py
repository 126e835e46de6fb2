"""What each protection costs of intake_submit. TLS and row-level security are taken away and
measured against; encryption cannot be taken away, so what it adds is measured alone. Of each,
value is the rate with it, peer_value the rate without, ratio what is left."""

import contextlib
import json
import pathlib
import statistics
import subprocess

import grpc

from figures import alternate, say, show
from intake_figures import prepare, rate_of, submit_load
from process_figures import command_of, started
from running_set import BIN

CORES = 2
# More than of the other figures: the differences are small.
ROUNDS = 5
UNIT = "requests/s"


@contextlib.contextmanager
def plaintext_intake(its_set):
    """A second intake on the same databases, without TLS; yields its address."""

    def is_ready(port):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=20, wait_for_ready=True)
        ports.append(port)

    ports = []
    command = [*command_of(its_set.process("intake")), "--plaintext_loopback"]
    with started(command, "--port_file=", is_ready):
        yield f"127.0.0.1:{ports[0]}"


@contextlib.contextmanager
def without_row_security(its_set):
    """Superuser's SQL takes row-level security off all tables of intake, and puts it back."""

    def alter(action):
        its_set.sql("SELECT format('ALTER TABLE intake.%I " + action + " ROW LEVEL SECURITY', c.relname) FROM pg_class c"
                    " WHERE c.relnamespace = 'intake'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname IN"
                    " (SELECT tablename FROM pg_policies WHERE schemaname = 'intake') \\gexec")

    alter("DISABLE")
    try:
        yield
    finally:
        alter("ENABLE")


def rate(its_set, *options):
    return rate_of(submit_load(its_set, *options))


def tls(its_set):
    with plaintext_intake(its_set) as address:
        rates, plain = alternate(ROUNDS, lambda: rate(its_set), lambda: rate(its_set, f"--target={address}", "--plaintext"))
    show("intake_submit_tls", rates, UNIT, "the same in plaintext", plain)
    return statistics.median(rates) / statistics.median(plain)


def row_security(its_set):
    def open_to_all():
        with without_row_security(its_set):
            return rate(its_set)

    rates, bare = alternate(ROUNDS, lambda: rate(its_set), open_to_all)
    show("intake_submit_row_security", rates, UNIT, "the same without policies", bare)
    return statistics.median(rates) / statistics.median(bare), statistics.median(rates)


def encryption(its_set, rate_with_it):
    """Sealing and opening each cell once, in intake and, of the audit entry, in audit too; and
    making the keys: one of the submission, one of the entry in the log."""
    lengths = its_set.sql(
        "SELECT concat_ws(',', max(octet_length(submission)), max(octet_length(handling)),"
        " (SELECT max(octet_length(content)) FROM intake.report_meeting),"
        " (SELECT max(octet_length(content)) FROM intake.feedback),"
        " (SELECT max(octet_length(body)) FROM audit.private_part),"
        " (SELECT max(octet_length(leaf) + octet_length(body)) FROM audit.entry JOIN audit.private_part USING (index)))"
        " FROM intake.report")
    wanted = ("--keys_database=", "--key_encryption_keys=")
    keys = [flag for flag in command_of(its_set.process("intake")) if flag.startswith(wanted)]
    done = subprocess.run([BIN / "tools/bench.d/sealing_cost", *keys, f"--lengths={lengths}", "--keys=2"], check=True,
                          stdout=subprocess.PIPE, text=True)
    microseconds = json.loads(done.stdout)["microseconds"]
    share = microseconds * rate_with_it / (CORES * 1e6)
    say(f"sealing a submission takes {microseconds:.0f} us of {CORES * 1e6 / rate_with_it:.0f}")
    show("intake_submit_encryption", [rate_with_it], UNIT, "the same without sealing, by its time",
         [rate_with_it / (1 - share)])
    return 1 - share


def protections(its_set):
    """Each protection, and what is left of the rate with all of them."""
    prepare(its_set)
    left_by_tls = tls(its_set)
    left_by_rows, rate_with_all = row_security(its_set)
    left_by_encryption = encryption(its_set, rate_with_all)
    left = left_by_tls * left_by_rows * left_by_encryption
    show("intake_submit_protections", [rate_with_all], UNIT, "the same without the three", [rate_with_all / left])
