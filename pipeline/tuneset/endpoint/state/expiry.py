"""Takes away what has expired: files are gone; uploads and vector stores are `expired`, without parts and passages.

Nothing looks at a clock in between: each request, and each start of a job, does this first.
"""

from __future__ import annotations

from tuneset.endpoint.state import uploads
from tuneset.endpoint.state.state_folder import State, remove_file, remove_index
from tuneset.endpoint.state.vector_stores import expire_vector_store


def remove_expired(state: State) -> None:
    """Take away everything whose time has come."""
    for record in state.store.expired():
        if record.document["object"] == "file":
            remove_file(state, record.document["id"])
        elif record.document["object"] == "vector_store":
            expire_vector_store(state.store, record.document["id"])
            remove_index(state, record.document["id"])
        else:
            uploads.end(state, record.document["id"], "expired")
