#!/usr/bin/python3
"""Runs clang-tidy over the given C++ files; prints one line a finding.

Most of its time goes into the headers of gRPC, protobuf and GoogleTest, so a dozen files are
read as one, which costs little more than one of them. Files that define the same name are
kept apart; where that fails all the same, the dozen is halved until it works.

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
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
FINDING = re.compile(r"^(\S+?:\d+:\d+: (?:error|warning): .*)$", re.MULTILINE)
NAMESPACE = re.compile(r"^namespace (samverkan\S*) {", re.MULTILINE)
# What clang-format leaves at the start of a line is no local name.
DEFINED = re.compile(r"^(?:class|struct|enum class) (\w+)"
                     r"|^\w[^\n=({;]*[\s*&](\w+)(?= ?[\[({;=])", re.MULTILINE)
TOGETHER = 12
# Where protoc's headers are found: what BUILD files name in `includes`.
GENERATED = ("bazel-bin", "bazel-bin/proto", "bazel-bin/libs/rpc/testing/reflection")
# What Bazel passes to the compiler and clang needs to know. Generated headers count as the
# system's: their faults are not ours.
FLAGS = ["-std=c++20", "-iquote", "."] + [f"-isystem{folder}" for folder in GENERATED]
MEMORY = pathlib.Path(".run/lint/tidy")


@functools.lru_cache(maxsize=None)
def read(path):
    for folder in (".",) + GENERATED:
        try:
            return pathlib.Path(folder, path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None  # A header of the distribution: it changes with its package only.


@functools.lru_cache(maxsize=None)
def common():
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    return version + read(".clang-tidy") + " ".join(FLAGS).encode()


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


def memory_of(source):
    return MEMORY / digest(source)


def names(source):
    """Names that `source` defines outside functions and classes, each with its namespace."""
    text = read(source).decode()
    namespace = NAMESPACE.search(text)
    found = {name for pair in DEFINED.findall(text) for name in pair if name}
    return {(namespace and namespace.group(1) if name != "main" else None, name) for name in found}


def groups(sources):
    """Splits `sources` into groups within which no name is defined twice."""
    made = []  # (sources, names)
    for source in sources:
        own = names(source)
        for members, taken in made:
            if len(members) < TOGETHER and not own & taken:
                members.append(source)
                taken |= own
                break
        else:
            made.append(([source], own))
    return [members for members, _ in made]


def run(sources):
    """The findings of clang-tidy over `sources` read as one, or None where they do not fit."""
    with tempfile.NamedTemporaryFile("w", suffix=".cc", dir=MEMORY) as together:
        together.write("".join(f'#include "{source}"\n' for source in sources))
        together.flush()
        outcome = subprocess.run(["clang-tidy", "--quiet", together.name, "--"] + FLAGS,
                                 capture_output=True, text=True)
    findings = FINDING.findall(outcome.stdout)
    if len(sources) > 1 and (outcome.returncode < 0 or "clang-diagnostic-error" in outcome.stdout):
        return None
    if outcome.returncode != 0 and not findings:
        last = (outcome.stderr.strip().splitlines() or ["no word why"])[-1]
        return [f"{sources[0]}:1:1: error: clang-tidy failed: {last}"]
    return findings


def check(sources):
    """Findings in `sources` and in the headers of ours that they include."""
    findings = run(sources)
    if findings is None:
        half = len(sources) // 2
        return check(sources[:half]) + check(sources[half:])
    if not findings:
        for source in sources:
            memory_of(source).touch()
    return findings


def main():
    MEMORY.mkdir(parents=True, exist_ok=True)
    root = re.compile("^(" + re.escape(os.getcwd()) + r"/)?(\./)?")
    waiting = [source for source in sys.argv[1:] if not memory_of(source).exists()]
    findings = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(check, groups(waiting)):
            findings.update(root.sub("", line) for line in found)
    for line in sorted(findings):
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
