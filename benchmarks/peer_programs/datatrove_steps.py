"""What datatrove does with the rows of the benchmark; run by peers.py, with the interpreter that has datatrove.

    python benchmarks/peer_programs/datatrove_steps.py TEXTS OUT TOKENIZER WORKERS

The steps are those of its own example for MinHash: signatures, buckets, clusters, then filter, redaction, token count
and writing in one pass. TEXTS is a folder with one JSONL file a worker, since a file is what datatrove hands to one.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import TokensCounter
from datatrove.pipeline.writers import JsonlWriter

# 128 permutations and word 5-grams, as tuneset's default. The threshold is that of the bands, (1/16)^(1/8) = 0.71,
# because nothing is compared after them.
CONFIG = MinhashConfig(n_grams=5, num_buckets=16, hashes_per_bucket=8)
LANGUAGE = "eng"


def main() -> None:
    """Run the four steps, and leave what was found out in `result.json`."""
    texts, out, tokenizer = (Path(argument) for argument in sys.argv[1:4])
    workers = int(sys.argv[4])
    signatures, buckets, clusters = (str(out / name) for name in ("signatures", "buckets", "clusters"))
    steps: dict[str, tuple[list[Any], int]] = {
        "signatures": ([JsonlReader(str(texts)), MinhashDedupSignature(signatures, CONFIG, LANGUAGE)], workers),
        "buckets": ([MinhashDedupBuckets(signatures, buckets, config=CONFIG)], CONFIG.num_buckets),
        "clusters": ([MinhashDedupCluster(buckets, clusters, config=CONFIG)], 1),
        "filter to writing": (
            [
                JsonlReader(str(texts)),
                MinhashDedupFilter(clusters),
                PIIFormatter(),
                TokensCounter(str(tokenizer / "tokenizer.json")),
                JsonlWriter(str(out / "kept"), compression=None),
            ],
            workers,
        ),
    }
    seconds: dict[str, float] = {}
    for name, (pipeline, tasks) in steps.items():
        began = time.perf_counter()
        LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=min(tasks, workers), logging_dir=str(out / "logs" / name)
        ).run()
        seconds[name] = time.perf_counter() - began
    kept = [json.loads(line) for file in (out / "kept").iterdir() for line in file.open("rb")]
    result = {
        "version": importlib.metadata.version("datatrove"),
        "kept": len(kept),
        "tokens": sum(row["metadata"]["token_count"] for row in kept),
        "seconds": seconds,
    }
    (out / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
