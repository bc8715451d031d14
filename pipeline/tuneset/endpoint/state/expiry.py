"""Takes away what has expired: files are gone; uploads and vector stores are `expired`, without parts and passages.

Nothing looks at a clock in between: each request, and each start of a job, does this first.
"""

from __future__ import annotations

import logging
import sqlite3

from tuneset.endpoint.state import uploads
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.state_folder import (
    State,
    is_passing,
    keep_reserve,
    remove_file,
    remove_index,
    with_reserve,
)
from tuneset.endpoint.state.vector_stores import expire_vector_store

_log = logging.getLogger("tuneset.endpoint")


def remove_expired(state: State) -> None:
    """Take away everything whose time has come.

    What a full disk or a locked database keeps from it is taken away later: it refuses no request that does without.
    """
    for record in state.store.expired():
        try:
            _remove(state, record.document)
        except (OSError, sqlite3.Error) as error:
            if not is_passing(error):
                raise
            _log.warning("what has expired stays for now: %s", error)
            return


def _remove(state: State, document: Document) -> None:
    if document["object"] == "file":
        remove_file(state, document["id"])
    elif document["object"] == "vector_store":
        with_reserve(state.folder, lambda: expire_vector_store(state.store, document["id"]))
        remove_index(state, document["id"])
        keep_reserve(state.folder)
    else:
        uploads.end(state, document["id"], "expired")
