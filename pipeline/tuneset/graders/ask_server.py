"""Asks the model of a `score_model` grader at a server that speaks chat completions."""

from __future__ import annotations

import time

import httpx2

from tuneset.graders.score_model import Ask, JudgeQuestion, NoScoreError

TRIES = 4
"""So often a question is asked where the server is busy or does not answer."""
FIRST_WAIT_S = 1.0
"""Before the second try; each further one waits twice as long."""
TIMEOUT_S = 120.0
BUSY = frozenset({408, 409, 429, 500, 502, 503, 504})


def ask_server(base_url: str, api_key: str | None, transport: httpx2.BaseTransport | None = None) -> Ask:
    """What asks at `base_url`, such as `http://127.0.0.1:8000/v1`, with a key where one is needed.

    What it gives raises NoScoreError where the server gives no answer; neither question nor key is told.
    """
    headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
    client = httpx2.Client(headers=headers, timeout=TIMEOUT_S, transport=transport)

    def ask(question: JudgeQuestion) -> str:
        body = {"model": question.model, "messages": question.messages, **question.sampling}
        reason = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
            try:
                response = client.post(f"{base_url.rstrip('/')}/chat/completions", json=body)
            except httpx2.HTTPError as error:
                reason = f"does not answer ({type(error).__name__})"
                continue
            if response.status_code == 200:
                return _said(response)
            reason = f"answers with status {response.status_code}"
            if response.status_code not in BUSY:
                break
        raise NoScoreError(f"the server of the judging model {reason}")

    return ask


def _said(response: httpx2.Response) -> str:
    try:
        said = response.json()["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        raise NoScoreError("the server of the judging model gives no chat completion") from None
    return said if isinstance(said, str) else ""
