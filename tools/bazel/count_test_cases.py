#!/usr/bin/python3
"""Counts test cases from what `bazel test` reported; prints the failed ones and the sum.

usage: count_test_cases.py EVENTS EXIT_CODE

EVENTS is the file of --build_event_json_file, EXIT_CODE what Bazel ended with. Exits 0 only
if Bazel did, at least one case passed and none failed.
"""

import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree


def path_of(uri):
    return pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(uri).path))


def cases_in(report):
    """Yields (name, passed) for each case of a test.xml in JUnit's form."""
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        skipped = case.get("status") == "notrun"  # What gtest says of a disabled one.
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        yield name, not (bad or skipped)


class Count:
    def __init__(self):
        self.passed = 0
        self.failures = []  # "target: case (log)"

    def add_test(self, label, result):
        """Counts the cases of one run of one test target."""
        files = {output["name"]: path_of(output["uri"])
                 for output in result.get("testActionOutput", [])}
        log = files.get("test.log", "no log")
        cases = []
        if "test.xml" in files and files["test.xml"].exists():
            cases = list(cases_in(files["test.xml"]))
        for name, passed in cases:
            if passed:
                self.passed += 1
            else:
                self.failures.append(f"{label}: {name} ({log})")
        status = result["status"]
        if status not in ("PASSED", "FLAKY") and all(passed for _, passed in cases):
            self.failures.append(f"{label}: {status.lower().replace('_', ' ')} ({log})")
        elif not cases:
            self.failures.append(f"{label}: ran no case ({log})")

    def add_event(self, event):
        identity = event["id"]
        if "testResult" in identity:
            self.add_test(identity["testResult"]["label"], event["testResult"])
        elif "targetCompleted" in identity and not event.get("completed", {}).get("success"):
            self.failures.append(f"{identity['targetCompleted']['label']}: does not build")


def main():
    events, exit_code = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    count = Count()
    for line in events.read_text(encoding="utf-8").splitlines():
        count.add_event(json.loads(line))
    if exit_code != 0 and not count.failures:
        count.failures.append(f"bazel ended with {exit_code}; its own words stand above")
    if not count.passed and not count.failures:
        count.failures.append("no test ran")
    for failure in count.failures:
        print("FAILED", failure)
    print(f"{count.passed} passed, {len(count.failures)} failed")
    return 1 if count.failures else 0


if __name__ == "__main__":
    sys.exit(main())
