"""One checkout's side of ``cost.py``: lists of sentences come in, and what they cost goes out.

It runs with the code of whichever checkout is on the path, an older one too, so it asks for nothing
that is new.
"""

import json
import sys
import time

import torch

import translator
from translator.catalog.catalog import Served
from translator.eval.data import Sentence
from translator.eval.replay import replay
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import Latency


def main() -> None:
    print(json.dumps({"package": translator.__file__}), flush=True)
    torch.set_num_threads(1)
    folders = {str(pair): (pair, folder) for pair, folder in embedded_models()}
    pair, folder = folders[sys.argv[1]]
    served = Served(load_marian_folder(folder, pair=pair, precision=sys.argv[2]), pair)
    for line in sys.stdin:
        sentences = [Sentence(index, text, "") for index, text in enumerate(json.loads(line))]
        began = time.process_time()
        done = list(replay(served, sentences, Latency.BALANCED, jobs=1))
        cpu_s = time.process_time() - began
        answer = {
            "cpu_s": cpu_s,
            "requests": sum(instance.computation.requests for instance in done),
            "steps": sum(instance.computation.steps_run for instance in done),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
