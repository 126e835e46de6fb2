"""How many questions about telling one core answers. Nothing else answers such questions, so it stands
beside what it shall reach."""

import json
import subprocess

from figures import show
from running_set import BIN

ROUNDS = 5
AIM = 100_000


def evaluate():
    """With 1,000 rules about telling, three categories a question."""
    def rate():
        done = subprocess.run([BIN / "tools/bench.d/disclosure_evaluate"], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)["per_second"]

    show("disclosure_evaluate", [rate() for _ in range(ROUNDS)], "questions/s", "aim", [AIM])
