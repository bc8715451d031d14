"""What py-data-juicer does with the rows of the benchmark; run by peers.py, with the interpreter that has it.

    python benchmarks/peer_programs/data_juicer_steps.py TEXTS OUT TOKENIZER WORKERS

Its default executor over a configuration such as `dj-process` takes, with its cache of earlier results where peers.py
says, which is a new folder. What its operators lack must be installed beforehand: peers.py runs this without a network.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from pathlib import Path

from data_juicer.config import init_configs
from data_juicer.core import DefaultExecutor


def main() -> None:
    """Run the operators, and leave what was found out in `result.json`."""
    texts, out, tokenizer = (Path(argument) for argument in sys.argv[1:4])
    workers = int(sys.argv[4])
    kept, configuration = out / "kept.jsonl", out / "config.yaml"
    document = {
        "project_name": "peers",
        "dataset_path": str(texts),
        "export_path": str(kept),
        "work_dir": str(out / "work"),
        "np": workers,
        "process": [
            # On the text alone: what it would do to messages of its own shape is another job.
            {"pii_redaction_mapper": {"redact_keys": ["text"], "messages_key": None}},
            {"document_deduplicator": {}},
            # 128 permutations, word 5-grams and 0.8, as tuneset's default.
            {"document_minhash_deduplicator": {"window_size": 5, "num_permutations": 128, "jaccard_threshold": 0.8}},
            # A filter is its way to count; this one lets every row pass.
            {"token_num_filter": {"hf_tokenizer": str(tokenizer), "min_num": 0}},
        ],
    }
    configuration.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
    began = time.perf_counter()
    rows = DefaultExecutor(init_configs(["--config", str(configuration)])).run()
    seconds = {"operators, with reading and writing": time.perf_counter() - began}
    result = {
        "version": importlib.metadata.version("py-data-juicer"),
        "kept": len(rows),
        "tokens": sum(stats["num_token"] for stats in rows["__dj__stats__"]),
        "seconds": seconds,
    }
    (out / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
