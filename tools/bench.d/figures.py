"""What all figures share: rounds that alternate with the peer's, and the line that is printed."""

import json
import statistics
import sys


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def alternate(rounds, ours, peer):
    """Runs ours, peer, ours, peer …: what the machine does besides hits both alike.

    Returns the two lists of what they returned."""
    results = ([], [])
    for number in range(1, rounds + 1):
        for kept, run in zip(results, (ours, peer)):
            kept.append(run())
        say(f"round {number} of {rounds}: {results[0][-1]} beside {results[1][-1]}")
    return results


def show(name, values, unit, peer=None, peer_values=None):
    """Prints one figure: the medians of the rounds, and what the value is of the peer's."""
    value = statistics.median(values)
    line = {"name": name, "value": _short(value), "unit": unit, "peer": peer, "peer_value": None, "ratio": None}
    if peer_values:
        peer_value = statistics.median(peer_values)
        line.update(peer_value=_short(peer_value), ratio=round(value / peer_value, 3))
    print(json.dumps(line), flush=True)


def _short(value):
    return round(value) if value >= 100 else round(value, 2)
