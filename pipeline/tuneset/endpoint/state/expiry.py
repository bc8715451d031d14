"""Takes away what has expired: files are gone, uploads are `expired` and their parts are removed.

Nothing looks at a clock in between: each request, and each start of a job, does this first.
"""

from __future__ import annotations

from tuneset.endpoint.state import uploads
from tuneset.endpoint.state.state_folder import State, remove_file


def remove_expired(state: State) -> None:
    """Take away everything whose time has come."""
    for record in state.store.expired():
        if record.document["object"] == "file":
            remove_file(state, record.document["id"])
        else:
            uploads.end(state, record.document["id"], "expired")
