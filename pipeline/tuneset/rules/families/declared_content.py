"""Rules on text, tokens, the dataset as a whole, the model, and what must not leave."""

from __future__ import annotations

import datetime as dt

from tuneset.rules.rule import ANSWER, ASK, GOOD_CHAT, Rule, Sample, chat, message

_SFT_GUIDE = "OpenAI supervised fine-tuning guide"
_SEEN = dt.date(2026, 11, 20)
_LINE = chat(ASK, ANSWER)
_OTHER = chat(message("user", "What is the capital of Peru?"), message("assistant", "Lima."))
_TEN = [
    chat(message("user", f"What is {number} plus 1?"), message("assistant", f"{number + 1}.")) for number in range(10)
]
_AT = "$.messages[1].content"


def _says(text: str) -> bytes:
    return chat(ASK, message("assistant", text))


RULES = (
    Rule(
        "TXT001", "special-token", "error", "The text holds a special token of the model's vocabulary.",
        "'Example 6174 message contains an invalid token: <|fim_suffix|>': the job fails.",
        "llmcomp#59 (OpenAI error text)", dt.date(2026, 2, 12),
        Sample(_says("Paris.<|endoftext|>"), path=_AT), GOOD_CHAT,
    ),
    Rule(
        "TXT002", "empty-content", "error", "A message's content is empty or white space.",
        "The model learns to say nothing, or to answer nothing.",
        "oumi turn statistics; together-python utils/files.py", _SEEN,
        Sample(_says("  "), path=_AT), GOOD_CHAT,
    ),
    Rule(
        "TXT003", "suspicious-literal", "warning", "A message is the name of a missing value, such as nan or None.",
        "An export wrote its missing values as words.",
        "oumi dataset tests (serialised NaN, None, undefined)", _SEEN,
        Sample(_says("None"), path=_AT), Sample(_says("None of them.")),
    ),
    Rule(
        "TXT004", "unfilled-placeholder", "warning", "The text holds a template's placeholder that was not filled in.",
        "The model learns to write the placeholder.",
        "data-juicer and promptfoo template syntax", _SEEN,
        Sample(_says("Dear {customer_name}, it is Paris."), path=_AT), Sample(_says("Call f({name}) to get it.")),
    ),
    Rule(
        "TXT005", "mojibake", "warning", "The text was decoded with the wrong encoding.",
        "The model learns sequences such as Ã© in place of é.",
        "ftfy documentation, badness", _SEEN,
        Sample(_says("OrlÃ©ans, and itâ€™s old."), path=_AT), Sample(_says("Orléans, and it's old.")),
    ),
    Rule(
        "TXT006", "replacement-character", "warning", "The text holds U+FFFD, the mark of a character that was lost.",
        "What stood there cannot be recovered, and the model learns to write it.",
        "Unicode standard, 3.9 (U+FFFD substitution)", _SEEN,
        Sample(_says("Orl\ufffdans"), path=_AT), GOOD_CHAT,
    ),
    Rule(
        "TOK001", "over-length", "error", "The example has more tokens than the model takes.",
        "Longer examples are cut without notice, at the end or at the start.",
        "OpenAI fine-tuning guide (last published table)", dt.date(2024, 12, 1),
        Sample(_says("Paris is a city. " * 20_000), path="$"), GOOD_CHAT,
    ),
    Rule(
        "DAT001", "too-few-examples", "error", "The file has fewer examples than the provider takes.",
        "'Training file has 7 example(s), but must have at least 10 examples.'",
        "OpenAI error text (invalid_n_examples)", _SEEN,
        Sample(_LINE, line=0), Sample(b"\n".join(_TEN)),
    ),
    Rule(
        "DAT002", "too-many-examples", "error", "The file has more examples than the provider takes.",
        "The job is refused.",
        "OpenAI reinforcement guide (50,000), Fireworks documentation (3 million)", _SEEN,
        Sample(b"", line=0, name="50,001 reinforcement prompts"), GOOD_CHAT,
    ),
    Rule(
        "DAT003", "file-too-large", "error", "The file has more bytes than the provider takes.",
        "The upload is refused.",
        "OpenAI API specification, POST /files (512 MB) and POST /uploads (8 GB)", dt.date(2026, 8, 21),
        Sample(b"", line=0, name="a file of more than 8 GiB"), GOOD_CHAT,
    ),
    Rule(
        "DAT004", "duplicate-example", "warning", "The example stands in the file already.",
        "It is paid for and learnt twice.",
        "openai-python lib/_validators.py", _SEEN,
        Sample(_LINE + b"\n" + _OTHER + b"\n" + _LINE, line=3), Sample(_LINE + b"\n" + _OTHER),
    ),
    Rule(
        "DAT005", "contradictory-answers", "warning", "The same prompt has another answer earlier in the file.",
        "The model learns to guess between them; where variety is wanted, switch this rule off.",
        "oumi dataset tests; Kiln dataset tools", _SEEN,
        Sample(_LINE + b"\n" + _says("Lyon."), line=2), Sample(_LINE + b"\n" + _OTHER),
    ),
    Rule(
        "DAT006", "train-validation-overlap", "error", "The example stands in another file of this run as well.",
        "The same data must not be in the training and the validation file: the loss would flatter.",
        _SFT_GUIDE, _SEEN,
        Sample(_LINE, validation=_LINE), Sample(_LINE, validation=_OTHER),
    ),
    Rule(
        "DAT007", "prompt-in-other-file", "warning",
        "The prompt stands in another file of this run, with another answer.",
        "The validation loss is measured on what was trained on, at least in part.",
        _SFT_GUIDE, _SEEN,
        Sample(_LINE, validation=_says("Lyon.")), Sample(_LINE, validation=_OTHER),
    ),
    Rule(
        "MDL001", "unknown-model", "warning", "The profile does not know the model.",
        "Its limits, vocabulary and prices are taken from the profile's default model.",
        "the profile's list of models", _SEEN,
        Sample(_LINE, line=0, model="gpt-4.1-maxi"), GOOD_CHAT,
    ),
    Rule(
        "MDL002", "retired-model", "error", "The model has been shut down, or shuts down today.",
        "The job cannot be created, and what was trained cannot be used.",
        "OpenAI deprecations page", dt.date(2026, 11, 20),
        Sample(_LINE, line=0, model="gpt-4.1-nano-2025-04-14"), GOOD_CHAT,
    ),
    Rule(
        "MDL003", "method-not-supported", "error", "The model cannot be trained with the method of this format.",
        "The job is refused when it is created.",
        "OpenAI and Azure fine-tuning guides, tables of models and methods", _SEEN,
        Sample(chat(ASK, reference_answer="Paris"), line=0, model="gpt-4.1-2025-04-14"), GOOD_CHAT,
    ),
    Rule(
        "EGR001", "secret", "error", "The text holds a key, a token or a password.",
        "What is uploaded can be memorised by the model and said to anybody.",
        "the providers' published key formats", _SEEN,
        Sample(_says("Use AKIA" + "QWERTYUIOPASDF12" + "."), path=_AT), Sample(_says("Use your AKIA key.")),
    ),
    Rule(
        "EGR002", "email-address", "warning", "The text holds an e-mail address.",
        "Personal data should be redacted before it leaves.",
        "GDPR article 4(1)", _SEEN,
        Sample(_says("Write to ann.smith@acme.org."), path=_AT), Sample(_says("Decorate it with @property.")),
    ),
    Rule(
        "EGR003", "payment-card", "error", "The text holds a payment card number with a right check digit.",
        "Card numbers must not be kept or passed on in clear.",
        "PCI DSS 4.0, requirement 3; ISO/IEC 7812-1 (Luhn)", _SEEN,
        Sample(_says("Card 4012 8888 8888 1881"), path=_AT), Sample(_says("Card 4012 8888 8888 1882")),
    ),
    Rule(
        "EGR004", "phone-number", "warning", "The text holds a phone number.",
        "Personal data should be redacted before it leaves.",
        "GDPR article 4(1); ITU-T E.164", _SEEN,
        Sample(_says("Call +33 1 42 68 53 00."), path=_AT), Sample(_says("In 2024 there were 2 102 650 people.")),
    ),
    Rule(
        "EGR005", "personal-number", "warning", "The text holds a bank account number or a national identity number.",
        "Personal data should be redacted before it leaves. Finding it takes a closer look, so that it is optional.",
        "GDPR articles 4(1) and 87; ISO 13616", _SEEN,
        Sample(_says("My SSN is 536-90-4399."), path=_AT), Sample(_says("The part is 536904399.")), optional=True,
    ),
    Rule(
        "EGR006", "public-address", "warning", "The text holds a public IP address.",
        "It may be personal data, or say where a server is. Finding it takes a closer look, so that it is optional.",
        "Court of Justice of the EU, C-582/14 (Breyer)", _SEEN,
        Sample(_says("The visitor came from 81.2.69.142."), path=_AT),
        Sample(_says("The router has 192.168.0.1, and the driver is version 81.2.69.142.")), optional=True,
    ),
    Rule(
        "EGR007", "hidden-secret", "error", "The text holds a login, a password beside its name, or a rarer key.",
        "As EGR001. Finding it takes a closer look, so that it is optional.",
        "RFC 3986, section 3.2.1; the providers' published key formats", _SEEN,
        Sample(_says("Set password=Tr0ub4dor&3x there."), path=_AT),
        Sample(_says("Set password=YOUR_PASSWORD there.")), optional=True,
    ),
)  # fmt: skip
