"""What is no answer in whole texts: turns of others in it, what Python prints of an object, HTML as it is stored.

Each rule is one declaration, with its function above it; the passes derive from it (`text_rule.py`).
"""

from __future__ import annotations

import datetime as dt
import re

from tuneset.rules.accessors import Object
from tuneset.rules.rule import Sample
from tuneset.rules.samples import ASK, GOOD_CHAT, chat, turn
from tuneset.rules.text_rule import Suspect, TextLook, TextRule

_SEEN = dt.date(2026, 11, 20)
_AT = "$.messages[1].content"


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


# --- turns of others ------------------------------------------------------------------------------------------------

_ASKER = re.compile(r"(?:\A|\n)[ \t]*(?:\*\*|### ?|<)?(?:Human|HUMAN|User|USER)(?:\*\*|>)?:")
_ANSWERER = re.compile(r"\n[ \t]*(?:\*\*|### ?|<)?(?:Assistant|ASSISTANT|AI|Bot|BOT)(?:\*\*|>)?:")
_ASKER_MARKS = tuple(f"{name}{end}" for name in ("Human", "HUMAN", "User", "USER") for end in (":", "**:", ">:"))


def _further_turns(text: str) -> str | None:
    r"""A line that begins as the user's turn, and one after it as the assistant's; code may show how that looks.

    >>> _further_turns("Yes.\nUser: And now?\nAssistant: No."), _further_turns("User: the one who asks.")
    ('the answer goes on with turns of User and Assistant', None)
    """
    asker = None if "```" in text else _ASKER.search(text)
    if asker is None or not _ANSWERER.search(text, asker.end()):
        return None
    return "the answer goes on with turns of User and Assistant"


def _is_no_answer(message: Object) -> bool:
    return message.get("role") != "assistant"


_TURNS_IN_ANSWER = TextRule(
    "TXT007", "turns-in-answer", "warning", "An answer goes on with further turns of the user and the assistant.",
    "The model learns to ask itself the next question.",
    "HH-RLHF and Vicuna formats kept as one text; Anthropic Text Completions documentation (stop sequences)", _SEEN,
    Sample(_says("It is Paris.\n\nHuman: And of Italy?\n\nAssistant: Rome."), path=_AT),
    Sample(_says("User: the one who asks.")),
    look=TextLook(_further_turns, Suspect(literals=_ASKER_MARKS)),
    hint="make messages of the turns, or end the answer before them", spares=_is_no_answer,
)  # fmt: skip

# --- objects of programs -------------------------------------------------------------------------------------------

_OBJECTS = ("Message", "Response", "Completion", "Chunk", "Block")
"""How names of classes end that answers have in the libraries of OpenAI, Anthropic, Google, LangChain and LiteLLM."""
_BESIDE = ("additional_kwargs=", "response_metadata=")
_OBJECT = re.compile(
    rf"\s*(?:\[?(?:[A-Z][A-Za-z]*)?(?:{'|'.join(_OBJECTS)})\(.*\b(?:content|text|choices|candidates)=.*\)\]?"
    rf"|content=(['\"]).*\1 (?:{'|'.join(_BESIDE)}).*)\s*",
    re.DOTALL,
)


def _object_of_program(text: str) -> str | None:
    """A whole answer that is what Python prints of an object in which the answer stands.

    >>> _object_of_program("AIMessage(content='Yes.')"), _object_of_program("It is an AIMessage(content='Yes.').")
    ('the whole text is an object as Python prints it', None)
    """
    return "the whole text is an object as Python prints it" if _OBJECT.fullmatch(text) else None


_PRINTED_OBJECT = TextRule(
    "TXT008", "printed-object", "warning", "An answer is what Python prints of the object that a library gave.",
    "str(response) was logged in place of its text, and the model learns to write it.",
    "openai-python, anthropic-sdk-python and langchain-core: repr of answers", _SEEN,
    Sample(_says("ChatCompletionMessage(content='It is Paris.', role='assistant')"), path=_AT), GOOD_CHAT,
    look=TextLook(_object_of_program, Suspect(literals=(*(f"{name}(" for name in _OBJECTS), *_BESIDE))),
    hint="write the text of the answer, such as response.choices[0].message.content", spares=_is_no_answer,
)  # fmt: skip

# --- markup --------------------------------------------------------------------------------------------------------

_WRAPPERS = ("p", "div", "span")
"""Elements in which mails, help desks and messengers write what somebody said."""
_MARKUP = re.compile(rf"\s*<({'|'.join(_WRAPPERS)})\b[^<>]*>.*</(?:{'|'.join(_WRAPPERS)})>\s*", re.DOTALL)
_ENTITIES = ("&#39;", "&#039;", "&#x27;", "&apos;", "&rsquo;", "&#8217;", "&quot;", "&amp;")
"""Quotes and ampersands, which every template of pages escapes."""
_ENTITY = re.compile(r"&(?!lt;)#?\w{2,6};")
_IN_PROSE = re.compile(
    r"[a-z]&(?:amp;)?(?:#0?39|#x27|apos|rsquo|#8217);[a-z]"
    r"|(?<!\S)&(?:amp;)?quot;\w[^&<>\n]*\w[.,!?]?&(?:amp;)?quot;(?![^\s.,;:!?)])|\b[A-Z]{1,3}&amp;[A-Z]{1,3}\b"
)
"""Where entities stand as prose has its signs: in a word, around words, in a name. Ours: each is seen in exports."""
_SPEAKS_OF_HTML = re.compile(
    r"`|\blt;|</?[a-z!]|\b(?:x?html|xml|svg|jsx|entit|escap|unescap|encod|decod|ampersand|quotation|markup)|[{}=]",
    re.IGNORECASE,
)


def _markup(text: str) -> str | None:
    """A text that is HTML from its first character to its last, or prose with entities, as it is stored for a page.

    >>> _markup("<p>Is it open?</p>"), _markup("What&#39;s up?"), _markup("Put it into <p>...</p>.")
    ('the whole text is HTML', 'entities of HTML stand in the text', None)
    """
    if _MARKUP.fullmatch(text):
        return "the whole text is HTML"
    is_prose = _IN_PROSE.search(text) and not _SPEAKS_OF_HTML.search(_ENTITY.sub("", text))
    return "entities of HTML stand in the text" if is_prose else None


_HTML_AS_TEXT = TextRule(
    "TXT009", "html-as-text", "warning", "A message is HTML or has its entities, as help desks store what was said.",
    "The model learns to write the tags and entities, or to read questions that nobody asks so.",
    "Microsoft Graph chatMessage (body.contentType); Intercom and Freshdesk API references", _SEEN,
    Sample(_says("<p>It is <b>Paris</b>.</p>"), path=_AT), Sample(_says("A paragraph begins with <p>.")),
    look=TextLook(_markup, Suspect(literals=(*(f"</{name}>" for name in _WRAPPERS), *_ENTITIES))),
    hint="set clean.html: text or markdown for `tuneset prepare`, unless the answers are to be HTML",
)  # fmt: skip

RULES = (_TURNS_IN_ANSWER, _PRINTED_OBJECT, _HTML_AS_TEXT)
"""In the order in which their findings on one text are told."""
