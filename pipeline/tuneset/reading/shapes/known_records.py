"""Records of known exports that are no example by themselves: what each is, and what to do about it.

A mapping over the columns of such a record would train something that nobody answered, a title that its own text
answers, or a piece of an answer. So it is told by name, before a mapping is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import Record, json_of
from tuneset.reading.shapes.langchain import is_langchain
from tuneset.reading.shapes.logged_call import is_step


class _Known(NamedTuple):
    """A kind of record: the keys that it has, in small letters; what it is; and what else must hold of it."""

    keys: frozenset[str]
    what: str
    fits: Callable[[Record], bool] | None = None


_BATCH = "of a batch job stands among other rows: keep the job's requests and answers in files of their own"
_NO_ANSWER = "it is a call of a model whose answer is not there, or of no known form"
_STEP = (
    "it is a step of a run that is no call of a model: keep the runs of the model, or those of a whole chain with "
    "their messages"
)
_OF_A_THREAD = (
    "make a row of each post with the number of its thread as `conversation_id`, the time as `created_at`, and "
    "a `role` and a `text`: who asked is the user, and who answers for you the assistant"
)
_PIECES = (
    "keep the whole answer in one row with its request, as `request` and `response`; the list of its pieces may be "
    "the response"
)
_CHUNK = f"it is a piece of a streamed answer: {_PIECES}"
_LONE_ANSWER = f"it is an answer of an API without its request, or a piece of one that was streamed: {_PIECES}"
_STORED = (
    "it is a list of Redis, which has the newest message first where LangChain keeps a chat in it: write a row for "
    "each key with its messages, the oldest first, as `messages`"
)
_ONE_MESSAGE = "it is one message: give the rows of a conversation its id as `conversation_id`"
_NO_CONVERSATION = "and no conversation: leave it out"
_EVALUATED = (
    "it is a result of an evaluation, whose answers are a model's: make rows of the questions that it was asked"
)
_LONE_MESSAGES = "of one person, without the answers: export the channel instead"


def _value(record: Record, name: str) -> JsonValue:
    """What a record holds under a name, whatever the name's case."""
    return next((value for key, value in record.items() if key.casefold() == name), None)


def _is_event(record: Record) -> bool:
    """Whether a record's type is that of an event of a stream of Anthropic's or of Responses."""
    kind = _value(record, "type")
    if type(kind) is not str:
        return False
    return kind.startswith(("response.", "content_block_", "message_delta")) or kind in (
        "message_start",
        "message_stop",
    )


def _is_session_event(record: Record) -> bool:
    return str(_value(record, "type")).startswith(("session.", "user.message", "assistant.", "tool."))


def _is_chunk(record: Record) -> bool:
    return _value(record, "object") in ("chat.completion.chunk", "text_completion.chunk")


def _is_post(record: Record) -> bool:
    """Whether a row is a post of Stack Exchange: a question, an answer or a note of the site."""
    return str(_value(record, "posttypeid")).isdecimal()


def _holds_stored_chats(record: Record) -> bool:
    """Whether each value is a list of texts that are messages of LangChain, as a store of chats is dumped by its keys.

    >>> _holds_stored_chats({"message_store:1": ['{"type": "ai", "data": {"content": "!"}}']})
    True
    >>> _holds_stored_chats({"texts": ["a"]}), _holds_stored_chats({})
    (False, False)
    """
    lists = list(record.values())
    if not lists or not all(type(one) is list and one and all(type(text) is str for text in one) for one in lists):
        return False
    return all(type(found := json_of(one[0])) is dict and is_langchain(found) for one in lists)


def _holds_fields(record: Record) -> bool:
    """Whether a page has issues as Jira has them."""
    issues = _value(record, "issues")
    return type(issues) is list and any(type(one) is dict and "fields" in one for one in issues)


def _lists(name: str) -> Callable[[Record], bool]:
    return lambda record: type(_value(record, name)) is list


def _keys(*names: str) -> frozenset[str]:
    return frozenset(names)


_KNOWN = (
    _Known(_keys("run_type"), _STEP, is_step),
    _Known(_keys("object", "choices"), _CHUNK, _is_chunk),
    _Known(_keys("type"), _CHUNK, _is_event),
    _Known(_keys("model", "created_at", "done"), _LONE_ANSWER),
    _Known(_keys("candidates"), _LONE_ANSWER, _lists("candidates")),
    _Known(_keys("custom_id", "body"), f"a request {_BATCH}"),
    _Known(_keys("custom_id", "response"), f"an answer {_BATCH}"),
    _Known(
        _keys("post_stream"),
        "it is a topic of Discourse; try ingest.mapping: {messages: post_stream.posts, role_key: username, "
        "content_key: cooked, roles: {NAME: user, OTHER: assistant}}, and clean.html: text",
    ),
    _Known(_keys("latest_posts"), f"it is a page of posts of Discourse; {_OF_A_THREAD}", _lists("latest_posts")),
    _Known(_keys("post_number", "topic_id"), f"it is a post of Discourse; {_OF_A_THREAD}"),
    _Known(
        _keys("key", "fields"),
        "an issue of Jira has its description and its comments apart: make a row of each with the key as "
        "`conversation_id`, and a `role` and a `text`",
    ),
    _Known(
        _keys("issues"),
        "it is a page of issues of Jira, whose descriptions and comments stand apart: make a row of each with the "
        "issue's key as `conversation_id`, and a `role` and a `text`",
        _holds_fields,
    ),
    _Known(
        _keys("number", "title", "body", "comments"),
        f"it is an issue of GitHub, whose title its own text does not answer; {_OF_A_THREAD}",
    ),
    _Known(_keys("issue_url", "body", "user"), f"it is a comment of GitHub without its issue; {_OF_A_THREAD}"),
    _Known(_keys("pull_request_url", "body", "user"), f"it is a comment of GitHub without its code; {_OF_A_THREAD}"),
    _Known(_keys("iid", "title", "description"), f"it is an issue or merge request of GitLab; {_OF_A_THREAD}"),
    _Known(_keys("noteable_type", "body"), f"it is a note of GitLab without its issue; {_OF_A_THREAD}"),
    _Known(_keys("individual_note", "notes"), f"it is a discussion of GitLab; {_OF_A_THREAD}"),
    _Known(
        _keys("posttypeid", "body"),
        "it is a post of Stack Exchange, whose question and answer are rows apart: join each question with the answer "
        "that its AcceptedAnswerId names, as `question` and `answer`; clean.html: text takes the marks off",
        _is_post,
    ),
    _Known(
        _keys("items", "quota_remaining"),
        "it is a page of Stack Exchange; make a row of each question that has an accepted answer with the text of that "
        "answer, as `question` and `answer`; clean.html: text takes the marks off",
    ),
    _Known(
        _keys("question_id", "title", "owner"),
        "it is a question of Stack Exchange; join it with the text of its accepted answer, as `question` and `answer`",
    ),
    _Known(
        _keys("object", "choices"),
        "it is an answer of an API without its request: keep both in one row, as `request` and `response`",
    ),
    _Known(
        _keys("exchanges with one number"),
        "several exchanges of the conversation have one number: keep one of each, or give each run of it an id of its "
        "own",
    ),
    _Known(
        _keys("object", "output"),
        "it is an answer of Responses without what was asked: put the items that the API lists for it as `input` "
        "beside its `output`",
        lambda record: _value(record, "object") == "response",
    ),
    _Known(
        _keys("object", "data", "first_id"),
        "it is a page of what an API keeps, mostly the newest first: write a row for each conversation with its items, "
        "the oldest first, as `messages`",
        _lists("data"),
    ),
    _Known(_keys("inputs", "outputs"), _NO_ANSWER),
    _Known(_keys("inputs", "run_type"), _NO_ANSWER),
    _Known(_keys("request", "response"), _NO_ANSWER),
    _Known(_keys("doc_id", "resps"), _EVALUATED),
    _Known(_keys("testcases"), _EVALUATED, _lists("testcases")),
    _Known(_keys("test_cases"), _EVALUATED, _lists("test_cases")),
    _Known(_keys("datasource_item", "sample"), _EVALUATED),
    _Known(_keys("request_states"), _EVALUATED, _lists("request_states")),
    _Known(_keys("role", "content"), _ONE_MESSAGE),
    _Known(_keys(), _STORED, _holds_stored_chats),
    _Known(_keys("key", "type", "value"), _STORED, lambda record: _value(record, "type") == "list"),
    _Known(_keys("id", "timestamp", "contents", "attachments"), f"it is a message of Discord {_LONE_MESSAGES}"),
    _Known(_keys("@odata.context", "value"), f"it is a page of Microsoft Graph; {_OF_A_THREAD}", _lists("value")),
    _Known(_keys("conversationid", "subject", "body"), f"it is a mail of Outlook; {_OF_A_THREAD}"),
    _Known(
        _keys("header", "title", "products"),
        "it is an entry of Google's My Activity: of Gemini, write what stands behind `Prompted` in the title as "
        "`question` and the text of safeHtmlItem as `answer`; clean.html: text takes the marks off",
    ),
    _Known(
        _keys("requests", "responderusername"),
        "it is a chat of Copilot in VS Code: make a row of it with `messages`, of each request the text of its message "
        "by the user, and the values of its response by the assistant",
        _lists("requests"),
    ),
    _Known(
        _keys("type", "data", "parentid"),
        "it is an event of a session of Copilot: make a row of the session with `messages`, of the contents of its "
        "user.message and assistant.message",
        _is_session_event,
    ),
    _Known(_keys("role", "text"), _ONE_MESSAGE),
    _Known(
        _keys("prompt_template", "docs"),
        "it is a project of Claude, and no conversation: its prompt_template was the system text of the conversations "
        "in it, which do not name it; where all that are read are of one project, give it as ingest.system",
    ),
    _Known(_keys("conversations_memory"), f"it is what Claude remembers of its user, {_NO_CONVERSATION}"),
    _Known(_keys("uuid", "full_name", "email_address"), f"it is an account of Claude, {_NO_CONVERSATION}"),
    _Known(
        _keys("conversation_id", "rating", "content", "user_id"),
        "it is what a user of ChatGPT said of an answer, without the answer, and the conversations do not say it: "
        "where the rating is thumbsDown, take out the conversation with its conversation_id",
    ),
    _Known(_keys("conversation_id", "is_anonymous"), f"it is a link to a conversation of ChatGPT, {_NO_CONVERSATION}"),
    _Known(_keys("chatgpt_plus_user", "email"), f"it is an account of ChatGPT, {_NO_CONVERSATION}"),
)
"""Seen 2026-11; sources are the export of each service and the reference of its API."""


def known_record(record: Record) -> str | None:
    """What a record of a known export is, with what to do, as the end of a sentence; None for any other.

    >>> known_record({"AcceptedAnswerId": 2, "Body": "?", "PostTypeId": 1})[:33]
    'it is a post of Stack Exchange, w'
    >>> known_record({"title": "Hours", "body": "Nine to five."}) is None
    True
    """
    present = {name.casefold() for name in record}
    for kind in _KNOWN:
        if kind.keys <= present and (kind.fits is None or kind.fits(record)):
            return kind.what
    return None
