"""A small server of Together's protocol, in this process, as its client's code and calls recorded from it tell it."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import httpx2

from tests.providers.native_server import STORAGE, NativeServer, fault, form_of, json_of

MODEL = "meta-llama/Meta-Llama-3.1-8B-Instruct-Reference"
LIMITS = {
    "max_num_epochs": 20, "max_num_evals": 100, "max_num_checkpoints": 100, "max_seq_length_sft": 32768,
    "max_seq_length_dpo": 16384, "min_learning_rate": 1e-8, "max_learning_rate": 0.01, "supports_full_training": False,
    "supports_tools": True, "supports_reasoning": False, "supports_vision": False, "merge_output_lora": True,
    "max_seq_length": 32768, "min_max_seq_length": 128, "default_gradient_accumulation_steps": 1,
    "lora_training": {
        "default_rank": 8, "max_rank": 64, "min_batch_size": 8, "max_batch_size": 128, "max_batch_size_dpo": 64,
        "target_modules": ["q_proj", "v_proj"],
    },
}  # fmt: skip
WEIGHTS = bytes(range(256)) * 40


@dataclasses.dataclass
class TogetherServer(NativeServer):
    """Files by their checksum, jobs, metrics and weights."""

    profile: str = "together"
    files: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    contents: dict[str, bytes] = dataclasses.field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    job_states: list[str] = dataclasses.field(default_factory=lambda: ["queued", "running", "completed"])
    models: list[str] = dataclasses.field(default_factory=lambda: [MODEL])
    preview_rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    parts: dict[str, dict[int, bytes]] = dataclasses.field(default_factory=dict)
    report: dict[str, Any] | None = None
    price: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {
            "estimation_available": True, "estimated_total_price": 1.5, "allowed_to_proceed": True, "user_limit": 100.0,
        }
    )  # fmt: skip

    def act(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "storage.example.com":
            file_id = request.url.path.strip("/")
            if "authorization" in request.headers:
                return fault(400, "a storage takes no key")
            if "/" in file_id:  # a part
                file_id, _, number = file_id.partition("/")
                self.parts.setdefault(file_id, {})[int(number)] = request.content
                return httpx2.Response(200, headers={"ETag": f'"{number}"'})
            self.contents[file_id] = request.content
            self.files[file_id]["bytes"] = len(request.content)
            return httpx2.Response(200)
        if request.headers.get("authorization") is None:
            return fault(401, "no key")
        match request.method, request.url.path.removeprefix("/v1").strip("/").split("/"):
            case "POST", ["files"]:
                return self._announce(form_of(request))
            case "POST", ["files", "multipart", action]:
                return self._multipart(action, json_of(request))
            case "GET", ["files"]:
                return httpx2.Response(200, json={"data": list(self.files.values())})
            case "GET", ["files", file_id] if file_id in self.files:
                return httpx2.Response(200, json=self._read_on(self.files[file_id]))
            case "POST", ["files", file_id, "preprocess"] if file_id in self.contents:
                self.files[file_id]["processing_status"] = "QUEUED"
                return httpx2.Response(200, json=self.files[file_id])
            case "GET", ["files", file_id, "content"] if file_id in self.contents:
                return httpx2.Response(200, content=self.contents[file_id])
            case "DELETE", ["files", file_id] if file_id in self.files:
                del self.files[file_id]
                return httpx2.Response(200, json={"id": file_id, "deleted": True})
            case "GET", ["fine-tunes", "models", "supported"]:
                return httpx2.Response(200, json={"models": self.models})
            case "GET", ["fine-tunes", "models", "limits"]:
                return httpx2.Response(200, json={**LIMITS, "model_name": request.url.params["model_name"]})
            case "POST", ["fine-tunes", "estimate-price"]:
                return httpx2.Response(200, json=self.price)
            case "POST", ["fine-tunes", "preview"]:
                return httpx2.Response(200, json={"model": MODEL, "rows": self.preview_rows})
            case "POST", ["fine-tunes"]:
                return self._create(json_of(request))
            case "GET", ["fine-tunes"]:
                return httpx2.Response(200, json={"data": [shown(job) for job in self.jobs.values()]})
            case "GET", ["fine-tunes", job_id] if job_id in self.jobs:
                return httpx2.Response(200, json=self._advance(self.jobs[job_id]))
            case "POST", ["fine-tunes", job_id, "cancel"] if job_id in self.jobs:
                self.jobs[job_id] |= {"status": "cancelled", "ahead": []}
                return httpx2.Response(200, json=shown(self.jobs[job_id]))
            case "GET", ["fine-tunes", job_id, "events"] if job_id in self.jobs:
                event = {"object": "fine-tune-event", "created_at": "2026-11-26T10:00:00Z", "level": "info"}
                return httpx2.Response(200, json={"data": [{**event, "message": "started", "type": "JOB_START"}]})
            case "GET", ["fine-tunes", job_id, "metrics"] if job_id in self.jobs:
                rows = [{"train/global_step": n, "train/loss": 1 / n, "train/learning_rate": 1e-5} for n in (1, 2)]
                return httpx2.Response(200, json={"metrics": [*rows, {"train/global_step": 2, "eval/loss": 0.75}]})
            case "GET", ["fine-tunes", job_id, "checkpoints"] if job_id in self.jobs:
                found = {"step": 2, "checkpoint_type": "Final", "checkpoint": "adapter", "path": f"me/{job_id}:2"}
                return httpx2.Response(200, json={"data": [found]})
            case "GET", ["finetune", "download"] if request.url.params["ft_id"] in self.jobs:
                return self._weights(request)
        return fault(404, f"not found: {request.url.path}")

    def _multipart(self, action: str, body: dict[str, Any]) -> httpx2.Response:
        """A file in parts, as its announcement has them."""
        if action == "initiate":
            announced = self._announce({**body, "purpose": body["purpose"]})
            if announced.status_code == 409:
                return announced
            file_id = announced.headers["x-together-file-id"]
            parts = [{"PartNumber": n, "URL": f"{STORAGE}/{file_id}/{n}", "Headers": {}} for n in
                     range(1, body["num_parts"] + 1)]  # fmt: skip
            return httpx2.Response(200, json={"upload_id": f"up-{file_id}", "file_id": file_id, "parts": parts[::-1]})
        file_id = body["file_id"]
        if action == "abort":
            self.parts.pop(file_id, None)
            return httpx2.Response(200, json={})
        self.contents[file_id] = b"".join(self.parts[file_id][one["part_number"]] for one in body["parts"])
        self.files[file_id]["bytes"] = len(self.contents[file_id])
        return httpx2.Response(200, json={"file": self.files[file_id]})

    def _announce(self, fields: dict[str, str]) -> httpx2.Response:
        """Ask for the bytes, or name the file that holds them."""
        same = [one for one in self.files.values() if one["checksum"] == fields["checksum"]]
        if same and same[0]["id"] in self.contents:
            return httpx2.Response(409, json={"file_id": same[0]["id"]})
        file_id = same[0]["id"] if same else f"file-{len(self.files) + 1}"
        self.files[file_id] = {
            "id": file_id, "object": "file", "bytes": 0, "created_at": 1000 + len(self.files), "FileType": "jsonl",
            "filename": fields["file_name"], "purpose": fields["purpose"], "processing_status": "PENDING",
            "checksum": fields["checksum"],
        }  # fmt: skip
        return httpx2.Response(302, headers={"Location": f"{STORAGE}/{file_id}", "X-Together-File-Id": file_id})

    def _read_on(self, file: dict[str, Any]) -> dict[str, Any]:
        """Every look at a file that is being read moves it on."""
        words = {"QUEUED": "RUNNING", "RUNNING": "COMPLETED"}
        file["processing_status"] = words.get(file["processing_status"], file["processing_status"])
        if file["processing_status"] == "COMPLETED":
            sent = hashlib.sha256(self.contents[file["id"]]).hexdigest()
            if sent != file["checksum"]:
                file["processing_status"] = "FAILED"
            elif self.report is not None:
                file |= {"processing_status": "INVALID_FORMAT", "validation_report": self.report}
        return file

    def _create(self, body: dict[str, Any]) -> httpx2.Response:
        file = self.files.get(body["training_file"])
        if file is None or file["processing_status"] != "COMPLETED":
            return fault(400, "training_file is not ready")
        job_id = f"ft-{len(self.jobs) + 1}"
        self.jobs[job_id] = {
            **{name: body.get(name) for name in ("model", "training_file", "validation_file", "suffix", "n_epochs")},
            "id": job_id, "status": "pending", "created_at": f"2026-11-26T10:00:0{len(self.jobs)}Z", "body": body,
            "token_count": 0,
            "model_output_name": f"me/{body['model']}-{body['suffix']}", "ahead": list(self.job_states),
        }  # fmt: skip
        return httpx2.Response(200, json=shown(self.jobs[job_id]))

    def _advance(self, job: dict[str, Any]) -> dict[str, Any]:
        if job["ahead"]:
            job["status"] = job["ahead"].pop(0)
        if job["status"] == "completed":
            job |= {"token_count": 1234, "total_price": 1_500_000_000}
        if job["status"] == "error":
            job["events"] = [{"type": "JOB_ERROR", "level": "error", "message": "out of memory"}]
        return shown(job)

    def _weights(self, request: httpx2.Request) -> httpx2.Response:
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return httpx2.Response(206 if start else 200, content=WEIGHTS[start:])


def shown(job: dict[str, Any]) -> dict[str, Any]:
    """A job as it is answered."""
    return {key: value for key, value in job.items() if key not in ("ahead", "body")}
