# /// script
# requires-python = ">=3.11"
# dependencies = ["openai>=2.21"]
# ///
"""Uploads `train.jsonl` and creates the job of `job.json` at Amazon Bedrock's OpenAI-compatible endpoint.

OPENAI_BASE_URL=https://bedrock-mantle.REGION.api.aws/v1 OPENAI_API_KEY=... python submit.py LAMBDA_ARN
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Upload, create, print the job's id."""
    if len(sys.argv) != 2:
        raise SystemExit("name the Lambda: python submit.py LAMBDA_ARN")
    from openai import OpenAI

    body = json.loads((HERE / "job.json").read_text(encoding="utf-8"))
    body["method"]["reinforcement"]["grader"]["lambda"]["function"] = sys.argv[1]
    client = OpenAI()
    with (HERE / "train.jsonl").open("rb") as handle:
        file = client.files.create(file=handle, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=body["model"], training_file=file.id, extra_body={"method": body["method"]}
    )
    print(job.id)


if __name__ == "__main__":
    main()
