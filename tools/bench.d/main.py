#!/usr/bin/python3
"""Measures the figures that are named, or all: see tools/bench --help."""

import contextlib
import os
import sys

import consent_figures
import disclosure_figures
import intake_figures
import process_figures
import protection_figures
import rpc_empty
from figures import say
from running_set import running_set

# In this order: what wants an idle set, and few reports, comes first.
ALONE = {"rpc_empty": rpc_empty.measure, "disclosure_evaluate": disclosure_figures.evaluate}
ON_A_SET = {
    "idle_memory": process_figures.idle_memory,
    "start_to_ready": process_figures.start_to_ready,
    "intake_get": intake_figures.get,
    "intake_submit_latency": intake_figures.submit_latency,
    "intake_submit": intake_figures.submit,
    "intake_submit_delivered": intake_figures.submit_delivered,
    "intake_submit_protections": protection_figures.protections,
    "disclosure_check_latency": consent_figures.check_latency,
    "disclosure_check": consent_figures.check,
}


def main():
    names = sys.argv[1:] or [*ALONE, *ON_A_SET]
    unknown = [name for name in names if name not in ALONE and name not in ON_A_SET]
    if unknown:
        sys.exit(f"tools/bench: no such figure: {unknown[0]}; there are {', '.join([*ALONE, *ON_A_SET])}")
    if os.getloadavg()[0] > 1:
        say(f"the machine is busy (load {os.getloadavg()[0]:.1f}); even ratios are rough then")
    for name, measure in ALONE.items():
        if name in names:
            say(name)
            measure()
    wanted = [name for name in ON_A_SET if name in names]
    with running_set() if wanted else contextlib.nullcontext() as its_set:
        for name in wanted:
            say(name)
            ON_A_SET[name](its_set)


if __name__ == "__main__":
    main()
