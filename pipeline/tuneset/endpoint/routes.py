"""The routes of the embedded endpoint: which handler of `api` answers which path and method."""

from __future__ import annotations

from starlette.routing import Route

from tuneset.endpoint.api import (
    batch_routes,
    chat_routes,
    file_batch_routes,
    file_routes,
    job_routes,
    metrics_routes,
    model_routes,
    response_routes,
    upload_routes,
    vector_store_file_routes,
    vector_store_routes,
)
from tuneset.pages.served import page_routes

ANSWERING = [
    Route("/v1/chat/completions", chat_routes.create_chat, methods=["POST"]),
    Route("/v1/completions", chat_routes.create_completion, methods=["POST"]),
    Route("/v1/responses", response_routes.create_response, methods=["POST"]),
]
"""What a batch may ask, too."""

ONE = "/v1/vector_stores/{vector_store_id}"

PAGE = page_routes("tuneset.endpoint", "tuneset serve", "/page/")
"""The page, which holds nothing of what the server holds: it asks as any client does, with the key that it is given."""

VECTOR_STORES = [
    Route("/v1/vector_stores", vector_store_routes.create, methods=["POST"]),
    Route("/v1/vector_stores", vector_store_routes.list_all, methods=["GET"]),
    Route(ONE, vector_store_routes.retrieve, methods=["GET"]),
    Route(ONE, vector_store_routes.update, methods=["POST"]),
    Route(ONE, vector_store_routes.delete, methods=["DELETE"]),
    Route(f"{ONE}/search", vector_store_routes.search, methods=["POST"]),
    Route(f"{ONE}/files", vector_store_file_routes.create, methods=["POST"]),
    Route(f"{ONE}/files", vector_store_file_routes.list_all, methods=["GET"]),
    Route(f"{ONE}/files/{{file_id}}", vector_store_file_routes.retrieve, methods=["GET"]),
    Route(f"{ONE}/files/{{file_id}}", vector_store_file_routes.update, methods=["POST"]),
    Route(f"{ONE}/files/{{file_id}}", vector_store_file_routes.delete, methods=["DELETE"]),
    Route(f"{ONE}/files/{{file_id}}/content", vector_store_file_routes.content, methods=["GET"]),
    Route(f"{ONE}/file_batches", file_batch_routes.create, methods=["POST"]),
    Route(f"{ONE}/file_batches/{{file_batch_id}}", file_batch_routes.retrieve, methods=["GET"]),
    Route(f"{ONE}/file_batches/{{file_batch_id}}/cancel", file_batch_routes.cancel, methods=["POST"]),
    Route(f"{ONE}/file_batches/{{file_batch_id}}/files", file_batch_routes.list_files, methods=["GET"]),
]

ROUTES = [
    *PAGE,
    Route("/v1/files", file_routes.create_file, methods=["POST"]),
    Route("/v1/files", file_routes.list_files, methods=["GET"]),
    Route("/v1/files/{file_id}", file_routes.retrieve_file, methods=["GET"]),
    Route("/v1/files/{file_id}", file_routes.delete_file, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", file_routes.file_content, methods=["GET"]),
    Route("/v1/uploads", upload_routes.create_upload, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/parts", upload_routes.add_part, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/complete", upload_routes.complete_upload, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/cancel", upload_routes.cancel_upload, methods=["POST"]),
    Route("/v1/fine_tuning/jobs", job_routes.create_job, methods=["POST"]),
    Route("/v1/fine_tuning/jobs", job_routes.list_jobs, methods=["GET"]),
    Route("/v1/fine_tuning/jobs/check", job_routes.check_job, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}", job_routes.retrieve_job, methods=["GET"]),
    Route("/v1/fine_tuning/jobs/{job_id}/cancel", job_routes.cancel, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}/pause", job_routes.pause, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}/resume", job_routes.resume, methods=["POST"]),
    Route("/v1/fine_tuning/jobs/{job_id}/events", job_routes.list_events, methods=["GET"]),
    Route("/v1/fine_tuning/jobs/{job_id}/checkpoints", job_routes.list_checkpoints, methods=["GET"]),
    *VECTOR_STORES,
    Route("/v1/batches", batch_routes.create_batch, methods=["POST"]),
    Route("/v1/batches", batch_routes.list_batches, methods=["GET"]),
    Route("/v1/batches/{batch_id}", batch_routes.retrieve_batch, methods=["GET"]),
    Route("/v1/batches/{batch_id}/cancel", batch_routes.cancel, methods=["POST"]),
    *ANSWERING,
    Route("/v1/responses/{response_id}", response_routes.retrieve_response, methods=["GET"]),
    Route("/v1/responses/{response_id}", response_routes.delete_response, methods=["DELETE"]),
    Route("/v1/responses/{response_id}/input_items", response_routes.list_input_items, methods=["GET"]),
    Route("/v1/models", model_routes.list_models, methods=["GET"]),
    Route("/v1/models/{model:path}/content", model_routes.model_content, methods=["GET"]),
    Route("/v1/models/{model:path}", model_routes.retrieve_model, methods=["GET"]),
    Route("/v1/models/{model:path}", model_routes.delete_model, methods=["DELETE"]),
    Route("/metrics", metrics_routes.show_metrics, methods=["GET"]),
]
