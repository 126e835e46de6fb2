#!/usr/bin/python3
"""Runs clang-tidy over the given C++ files; prints one line a finding.

Files found clean are remembered by the digest of everything of ours that they include, so
that a second run looks only at what changed. The memory may be deleted at any time.
"""

import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
FINDING = re.compile(r"^(\S+?:\d+:\d+: (?:error|warning): .*)$", re.MULTILINE)
MEMORY = pathlib.Path(".run/lint/tidy")


def flags():
    """What Bazel passes to the compiler and clang needs to know. Generated headers are
    found as system headers: their faults are not ours."""
    return ["-std=c++20", "-iquote", ".", "-isystem", "bazel-bin", "-isystem", "bazel-bin/proto"]


@functools.lru_cache(maxsize=None)
def read(path):
    for folder in (".", "bazel-bin", "bazel-bin/proto"):
        try:
            return pathlib.Path(folder, path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None  # A header of the distribution: it changes with its package only.


@functools.lru_cache(maxsize=None)
def common():
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    return version + read(".clang-tidy") + " ".join(flags()).encode()


def digest(source):
    """Digest of `source` and, through its includes, of all else that decides the outcome."""
    seen = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen[path] = read(path)
        if seen[path] is not None:
            waiting += INCLUDE.findall(seen[path].decode(errors="replace"))
    total = hashlib.sha256(common())
    for path, content in sorted(seen.items()):
        total.update(path.encode() + b"\0" + hashlib.sha256(content or b"").digest())
    return total.hexdigest()


def check(source):
    """Findings in `source` and in the headers of ours that it includes."""
    remembered = MEMORY / digest(source)
    if remembered.exists():
        return []
    run = subprocess.run(["clang-tidy", "--quiet", source, "--"] + flags(),
                         capture_output=True, text=True)
    findings = FINDING.findall(run.stdout)
    if run.returncode != 0 and not findings:
        last = (run.stderr.strip().splitlines() or ["no word why"])[-1]
        findings = [f"{source}:1:1: error: clang-tidy failed: {last}"]
    if not findings:
        remembered.touch()
    return findings


def main():
    MEMORY.mkdir(parents=True, exist_ok=True)
    root = re.compile("^" + re.escape(os.getcwd()) + r"/(\./)?")
    findings = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(check, sys.argv[1:]):
            findings.update(root.sub("", line) for line in found)
    for line in sorted(findings):
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
