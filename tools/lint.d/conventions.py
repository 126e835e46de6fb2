#!/usr/bin/python3
"""Checks the conventions that no other tool knows, over the given files.

Prints one line a finding. A line that has to break a rule says so and why:
`// lint: allow(<rule>): <reason>`, on the line itself or on the one before.
"""

import pathlib
import re
import sys
from typing import NamedTuple

TOP_LEVEL = {
    "BUILD.bazel", "LICENSE", "README.md", "WORKSPACE",
    "deploy", "docs", "libs", "proto", "services", "tests", "tools",
}

CPP = re.compile(r"\.(h|cc)$")
TEST = re.compile(r"(_test\.(cc|py|sh)$)|^tests/")
ALLOWED = re.compile(r"lint: allow\(([a-z-]+)\): \S")


class Rule(NamedTuple):
    name: str
    applies: re.Pattern  # to paths
    exempt: re.Pattern  # paths
    found: re.Pattern  # in the text
    message: str


RULES = [
    Rule(
        "clock",
        CPP,
        re.compile(r"^libs/clock/"),
        # gRPC takes a call's or a shutdown's deadline in the machine's own time only.
        re.compile(r"absl::Now\(|gettimeofday\(|CLOCK_REALTIME"
                   r"|(?<!set_deadline\(std::chrono::)(?<!Shutdown\(std::chrono::)system_clock::now\("
                   r"|(?<![\w.>])time\((nullptr|NULL|0|&\w+)\)"),
        "only libs/clock reads the time: take a clock::Clock, or the instant itself",
    ),
    Rule(
        "sql",
        CPP,
        re.compile(r"_store\.(h|cc)$|^libs/(pg|outbox|idempotency|testing)/|_(test|fixture)\.(cc|h)$|^tests/"),
        re.compile(r'"(?:sql\(|\()?\s*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+|DELETE\s+FROM\s'
                   r'|WITH\s+\w+\s+AS\s|CREATE\s+(?:TABLE|ROLE|INDEX|FUNCTION|SCHEMA|DATABASE)'
                   r'|ALTER\s+\w+\s|DROP\s+\w+\s|TRUNCATE\s|SET\s+LOCAL\s|(?:BEGIN|COMMIT|ROLLBACK);?\")'),
        "SQL stands in *_store.cc and in libs/pg, libs/outbox and libs/idempotency only",
    ),
    Rule(
        "sleep",
        TEST,
        re.compile(r"^$"),
        re.compile(r"SleepFor\(|sleep_for\(|sleep_until\(|(?<!\w)u?sleep\(|nanosleep\("
                   r"|^\s*sleep\s+[\d.$]", re.MULTILINE),
        "tests do not sleep: inject the clock, or wait for the event itself (between two looks at"
        " another process: say `lint: allow(sleep): why`)",
    ),
    Rule(
        "machine-path",
        re.compile(r""),
        # npm's own digests may spell anything.
        re.compile(r"package-lock\.json$"),
        re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+)/"),
        "a path of one machine: use a path in the repository, $HOME or mktemp",
    ),
    Rule(
        "registry",
        re.compile(r""),
        re.compile(r"^$"),
        re.compile(r"registry\.[a-z]+js\.|\"resolved\":|(?:deb|security|ftp)\.debian\.org"
                   r"|files\.pythonhosted|(?:index|static)\.crates\.io|proxy\.golang"),
        "a package registry's host: packages are named, where they come from is the machine's",
    ),
]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def is_allowed(lines, number, rule):
    """Whether line `number`, counted from one, or the one before gives a reason."""
    for line in lines[max(0, number - 2):number]:
        match = ALLOWED.search(line)
        if match and match.group(1) == rule:
            return True
    return False


def check_rules(path, text):
    lines = text.split("\n")
    for rule in RULES:
        if not rule.applies.search(path) or rule.exempt.search(path):
            continue
        for match in rule.found.finditer(text):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            number = line_of(text, start)
            if not is_allowed(lines, number, rule.name):
                yield f"{path}:{number}: {rule.message} [{rule.name}]"


def check_guard(path, text):
    if not path.endswith(".h"):
        return
    guard = "SAMVERKAN_" + re.sub(r"\W", "_", path).upper() + "_"
    if f"#ifndef {guard}\n#define {guard}\n" not in text:
        yield f"{path}:1: the include guard is not {guard} [guard]"


def check_place(path):
    top = path.split("/")[0]
    if top not in TOP_LEVEL and not top.startswith("."):
        yield f"{path}:1: the top level is fixed, and {top} is not of it [top-level]"


def check_text(path, text):
    if text and not text.endswith("\n"):
        yield f"{path}:{line_of(text, len(text))}: the last line has no end [last-line]"
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith((" ", "\t", "\r")) and not path.endswith(".md"):
            yield f"{path}:{number}: blanks at the end of the line [blanks]"


def check(path):
    yield from check_place(path)
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # Not text.
    yield from check_text(path, text)
    yield from check_guard(path, text)
    if not path.startswith("tools/lint.d/"):  # It has to spell what it looks for.
        yield from check_rules(path, text)


def main():
    findings = [finding for path in sys.argv[1:] for finding in check(path)]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
