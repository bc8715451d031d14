"""Whether the words before a number say that it belongs to something else: a signal handler, a clause, an order.

Words that say phone also name things of programs: a signal, a call, a ring, a cell, a text. So what stands right
before the number decides, the noun whose number it is, and not that such a word stands somewhere near.
"""

from __future__ import annotations

import re

_OTHER_NUMBER = re.compile(
    r"(?:order|invoice|ticket|case|tracking|part|serial|account|acct|sku|isbn|issn|ean|upc|gtin|imei|ref(?:erence)?"
    r"|ssn|sin|tfn|dni|nie|nif|nir|nino|bsn|cpf|rrn|nhs|pesel|personnummer|hetu|pan|aadhaar"
    r"|id|rfc|bug|issue|version|build|model|batch|lot|doi|pmid|patent|bestell\w*|rechnung\w*|commande|facture|pedido"
    r"|factura|ordine|fattura|kunden\w*)[ _.-]*(?:no|nr|n[o°º]|number|num|id|code|#)?[\"'.:#= ]*\Z",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"(?:(?<![A-Za-z])(?i:please|or|and|to|can|may|just|you|then|bitte)[ ,]+(?:call|dial|ring|reach|contact)"
    r"|(?:\A|[.!?]\s)(?:Call|Dial|Ring)"
    r"|(?i:give|gave|drop|make)[^\n]{1,20} (?:call|ring|text)(?: at| on| under)?) \Z"
)
# What has numbers, or comes with one, in programs, logs, tables and law; in small letters.
_THINGS = frozenset(
    """
    account address amount arg argument array article assert assertion automaton balance batch bias bit block book
    bound buffer bug build byte cache change channel chapter char characters checksum class clause cluster code col
    column commit const constant coordinate cost count counter crash cve cwe cycle delta descriptor driver dsa dump
    duration entries entry epoch equation err errno error event exception exchange exit exited expected factor
    failed failing fails fault fd field fig figure float form frame frequencies frequency function gen generation
    ghsa ghz gid got gradient graph group handle handler hash height hz id index indices inode instance int integer
    interrupt invoice irq isbn issue item iteration job kernel key khz lat latency layer length level limit line
    list loc location log logit lon loss mask mean median memory method mhz mode model module ms name node nonce ns
    object offset opcode order packet page panic paragraph param part partition patch path payload pid pixel pointer
    pool population port pos position ppid pr price process processor ptr qty queue range rate reachability record
    register registry request response result retries retry return returned returning revision rhsa row rule sample
    sec seconds section sector seed segment seq sequence serial session shard sheet sigma site size sku socket
    source stack status step strength string sum syscall table tag task thread tick ticket tid timeout timestamp
    token took total trace transaction transfer trap tx uid uptime user value var variable variance vector version
    vocab vol volume weight width words worker yielded yields
    """.split()  # noqa: SIM905  reads best as a text
)
# Between such a thing and its number.
_LINKS = frozenset(
    """
    at of in on to from is was are were be has had have with by for after before near and or the a an as than no not
    equal over under until since between number nr num per via
    """.split()  # noqa: SIM905  the same
)
_WORD = re.compile(r"[^\W\d_]+|[0-9][\w.:-]*")
_IN_PROGRAM = re.compile(
    r"(?:[A-Za-z0-9_]\((?:[^()\n]{0,60}, ?)?|[=!<>]=|[-=]>|[+*]=|&&|\|\||\b(?:on|at|in) (?:source |error )?line)"
    r" ?[\"']?\Z"
)
_CALLED = re.compile(r"[A-Za-z_]\([0-9]{5,}[^()\n]{0,60}\)")
"""Right before the number: what a function is called with, a comparison, a line of a file."""
_OWN = {
    "line": frozenset({"phone", "direct", "main", "land", "hot", "help", "support", "office", "customer", "private"}),
    "id": frozenset({"caller"}),
}
"""Things that have a number to dial, by the word before them."""
_ASKED_TO_DIAL = re.compile(r"(?:\A|[.!?,]\s|\n)\s*(?:call|ring|dial|contact|reach) \Z", re.IGNORECASE)
"""Where a sentence begins, before a number with a leading zero, which programs write none of."""
_TOLD = re.compile(
    r"(?:contacts?(?: (?:no|nr|num(?:ber)?))?\.? ?:|(?:call|reach|ring|dial)[^\n:\"']{2,20}:"
    r"|contact[\"'] ?: ?(?=[\"'])) ?[\"']?\Z",
    re.IGNORECASE,
)
"""What people write before a number to dial, where a program writes one alone: "Contact: ", "Call 24/7: "."""
_LABEL = re.compile(r"(?:[\"'](?P<key>[A-Za-z_][\w.-]*)[\"'] ?: ?|(?<![\w.-])(?P<name>[A-Za-z_][\w.-]*) ?=)[\"']?\Z")
_ANY_VALUE = re.compile(
    r"value|number|n[or]|num|content|text|data|body|contact|to|from|callee|recipient|sender", re.IGNORECASE
)
"""Labels that say nothing of what they hold; what is labelled before them does, unless it is a number too."""
_AFTER_NUMBER = re.compile(r"[0-9][\"']?[,;] ?\Z")
_WEAK = frozenset(
    "signal call called caller calling ring text contact cell dial reach reached portable".split()  # noqa: SIM905  a list of words reads best as a text
)
_NUMBERED = frozenset(
    "signal call called caller calling ring dial contact reach reached".split()  # noqa: SIM905  a list of words reads best as a text
)
"""Words for phone that have numbers of their own: "call 4152002671 returned"."""
_SAYS_PHONE = re.compile(
    r"ph?one|fono|foon|fon|tel|t[eé]l|mob|m[oó]vil|cel|handy|portable|rufnummer|fax|whats|sms|msisdn|hotline|contact|call|dial",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,;.!?]\s|\n\s*\n")
_NEAREST = 12  # words before a number that are looked at


def is_of_a_thing(context: str, *, counted: bool, with_zero: bool = False) -> bool:
    """Whether what stands before a number says that it is the number of a thing.

    `counted`: the number is written as programs write numbers, and needs a word for phone to be one; `with_zero`: it
    begins with one, as to dial.

    >>> [is_of_a_thing(text, counted=True) for text in ("signal handler at ", "call Ann at ", "ticket ")]
    [True, False, True]
    """
    if counted and _IN_PROGRAM.search(context):
        return True
    dialled = _ASKED.search(context) or _TOLD.search(context)
    label = _LABEL.search(context) if counted else None
    if label is not None:
        named, context = label.group("key") or label.group("name"), context[: label.start()]
        if _label_is_of_a_thing(named) or (_ANY_VALUE.fullmatch(named) and _AFTER_NUMBER.search(context)):
            return True
        context += "" if named.lower() == "value" else named
    words = [_singular(word.lower()) for word in _WORD.findall(_CLAUSE_END.split(context)[-1])][-_NEAREST:]
    head, before = _head(words)
    if head in _THINGS and before not in _OWN.get(head, ()):
        return True
    if counted and _CALLED.search(context):
        return True
    if not counted or dialled:
        return False
    return _is_compound(words) or (head in _NUMBERED and not (with_zero and _ASKED_TO_DIAL.search(context)))


def _label_is_of_a_thing(label: str) -> bool:
    """Whether a label in JSON, a file of settings or an attribute is none for phone numbers.

    >>> [_label_is_of_a_thing(label) for label in ("user_id", "homePhone", "value", "tel")]
    [True, False, False, False]
    """
    return _ANY_VALUE.fullmatch(label) is None and _SAYS_PHONE.search(label) is None


def is_labelled(context: str) -> bool:
    """Whether the label right before a number is that of another one: an order, a part, a national number.

    >>> is_labelled("order no. "), is_labelled("phone no. ")
    (True, False)
    """
    return _OTHER_NUMBER.search(context) is not None


def _singular(word: str) -> str:
    """A word without the ending of a plural, where it is one of a thing.

    >>> _singular("records"), _singular("addresses"), _singular("bytes")
    ('record', 'address', 'byte')
    """
    forms = (word, word.removesuffix("s"), word.removesuffix("es"))
    return next((form for form in forms if form in _THINGS or form in _WEAK), word)


def _head(words: list[str]) -> tuple[str, str]:
    """The noun whose number it is, which is the last word that neither links nor is a number, and the word before it.

    >>> _head(["signal", "handler", "at"]), _head(["pid", "5129541505"]), _head([])
    (('handler', 'signal'), ('pid', ''), ('', ''))
    """
    nouns = [word for word in words if word not in _LINKS and not word[0].isdigit()]
    return (nouns[-1] if nouns else "", nouns[-2] if len(nouns) > 1 else "")


def _is_compound(words: list[str]) -> bool:
    """Whether a word for phone is only the first part of what a thing is called: "signal handler for reads at".

    >>> _is_compound(["signal", "handler", "for", "reads", "at"]), _is_compound(["call", "the", "shop", "at"])
    (True, False)
    """
    for place in range(len(words) - 1, -1, -1):
        if words[place] in _WEAK:
            return next((word in _THINGS for word in words[place + 1 :] if word not in _LINKS), False)
    return False
