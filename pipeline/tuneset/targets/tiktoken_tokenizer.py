"""tiktoken's encodings as tokenizers; many texts are counted with gigatoken (the extra `fast`), to the same numbers.

Both split a text by the class of its characters and then merge by the same ranks. They disagree on one thing: tiktoken
0.14 knows the characters of Unicode 16, gigatoken 0.10 those of Unicode 17. Texts with such characters go to tiktoken,
and so does everything where the two were not held against each other: other versions, other encodings, few texts.
What was compared: tests/targets/test_tiktoken_tokenizer.py and benchmarks/tokenizers.py. The chat format is not known
here.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.targets.encodings import get_encoding, rank_file

SPLITTING = {"o200k_base": "o200k", "o200k_harmony": "o200k", "cl100k_base": "gpt4"}
"""gigatoken's name for the splitting of each encoding that was held against tiktoken's."""

PROVEN = {"gigatoken": "0.10.", "tiktoken": "0.14."}
"""Beginnings of the versions whose counts were compared over all of Unicode, 2026-11-21."""

UNPROVEN = (
    (0x088F, 0x088F),  # Arabic Extended-B
    (0x0C5C, 0x0C5C),  # Telugu
    (0x0CDC, 0x0CDC),  # Kannada
    (0x1ACF, 0x1AEB),  # Combining Diacritical Marks Extended
    (0xA7CE, 0xA7D4),  # Latin Extended-D
    (0xA7F1, 0xA7F1),  # the same
    (0xD800, 0xDFFF),  # surrogates, which are no text; tiktoken refuses them in its own way
    (0x10940, 0x10959),  # Sidetic
    (0x10EC5, 0x10EFB),  # Arabic Extended-C
    (0x11B60, 0x11B67),  # Sharada Supplement
    (0x11DB0, 0x11DE9),  # Tolong Siki
    (0x16EA0, 0x16ED3),  # Beria Erfe
    (0x16FF2, 0x16FF6),  # Ideographic Symbols and Punctuation
    (0x187F8, 0x187FF),  # Tangut
    (0x18D09, 0x18DF2),  # Tangut Supplement and Components Supplement
    (0x1E6C0, 0x1E6FF),  # Tai Yo
    (0x2B73A, 0x2B73F),  # CJK Extension C
    (0x2CEA2, 0x2CEAD),  # CJK Extension E
    (0x323B0, 0x10FFFF),  # CJK Extension J and all above: tags, private use, not assigned
)
"""First and last code points that go to tiktoken: the new letters, marks and digits of Unicode 17, and rare planes."""

REMEMBERED_TEXTS = 1 << 17
"""Texts whose count by tiktoken is remembered, by a digest of 64 bits: 14 MiB at most, then it begins anew. Of so many
different texts two have the same digest once in two billion sets. Rows that share a prompt of 1,500 characters take
11.0 us a text instead of 23.3; texts that never repeat take 17.1 instead of 15.1 (2 cores, 2026-11-26). A table of
fixed size with a million places took as long, and 16 MB from the start."""

MAX_SPACES = 500_000
"""Longest run of white space that is taken apart at once: tiktoken 0.14 has a stack for 999,512 (2026-11-26)."""

START_CHARACTERS = 2_000_000  # tiktoken counts these in the time that gigatoken takes to load, 0.25 s
SAMPLE_EVERY = 256  # of the texts counted by gigatoken, one in so many is counted by tiktoken too: 3 % of the time

# gigatoken 0.10 keeps every word that it has met, 13 bytes a character where all are new; loading it anew empties it.
LOOK_EVERY_CHARACTERS = 4_000_000
MAX_GROWTH_BYTES = 96 << 20
UNMEASURED_CHARACTERS = 16_000_000  # the same bound where the system does not tell a process's memory

TRICKY = (
    "HTTPResponse camelCase can'ts DON'T I'll we'Ve '\u017f \u01c5x A\u02b0b \u4e2dB e\u0301E",
    "  two\t\ttabs \r\n\r\n  and\n\n\nlines \u00a0\u3000\u2028\u0085 end   ",
    "1234567 12.5% \u00bd\u0663\u0661 \u216b //\n// ?!\n\r/ <|endoftext|><|im_start|>",
    "\u4f60\u597d\uff0c\u4e16\u754c \ud55c\uad6d\uc5b4 \u65e5\u672c\u8a9e \u0e20\u0e32\u0e29\u0e32",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0395\u03bb \u0420\u0443\u0441",
    "\U0001f469\u200d\U0001f4bb \U0001f600\ufe0f \U0001f1e9\U0001f1ea \u2764 \x00\x1b\x7f\ufeff\ufffd",
    "a" * 999 + " " * 99 + "\n" * 9 + "=" * 99 + "aB" * 99,
)
"""Texts on which splitting and merging are easily wrong; counted by both before gigatoken counts anything."""


class TiktokenTokenizer:
    """Counts texts in one encoding, as fast as the same counts are to be had.

    Raises what `get_encoding` raises.

    Args:
        encoding_name: tiktoken's name of the encoding.
        start_characters: how much is counted by tiktoken before gigatoken is loaded.
    """

    def __init__(self, encoding_name: str, start_characters: int = START_CHARACTERS) -> None:
        self._name = encoding_name
        self._encoding = get_encoding(encoding_name)
        self._tiktoken = self._encoding.encode_to_numpy
        self._gigatoken: Callable[[str], npt.NDArray[np.uint32]] | None = None
        self._usable = encoding_name in SPLITTING and proven_versions_installed()
        self._start_characters = start_characters
        self._counted = 0  # texts, by gigatoken
        self._characters = 0  # before gigatoken is loaded, then since its memory was looked at
        self._resident = 0  # bytes of this process when gigatoken had been loaded
        self._known: dict[int, int] = {}  # what tiktoken counted, by the text's digest

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text; special tokens in a text count as the plain text they are."""
        encode = self._encode_for(texts) if self._usable else None
        by_tiktoken = self.by_tiktoken
        if encode is None:
            return [self._remembered(text) for text in texts]
        counts = [
            encode(text).size
            if len(text) <= MAX_SPACES and (text.isascii() or not _unproven(text))
            else by_tiktoken(text)
            for text in texts
        ]
        sample = range(-self._counted % SAMPLE_EVERY, len(texts), SAMPLE_EVERY)
        self._counted += len(texts)
        if any(counts[place] != by_tiktoken(texts[place]) for place in sample):
            self._give_up("gigatoken counted a text otherwise than tiktoken")
            return [by_tiktoken(text) for text in texts]
        return counts

    def expect(self, characters: int) -> None:
        """Load now what would be loaded anyway while so many characters are counted."""
        if self._usable and self._gigatoken is None and characters >= self._start_characters:
            self._load()

    def first_tokens(self, text: str, most: int) -> str:
        """The longest beginning of `text` that has at most `most` tokens and ends between characters."""
        tokens = [token for part in in_parts(text, MAX_SPACES) for token in self._encoding.encode_ordinary(part)]
        while most > 0:
            cut = self._encoding.decode_bytes(tokens[:most]).decode("utf-8", errors="ignore").rstrip()
            if self.count([cut])[0] <= most:
                return cut
            most -= 1
        return ""

    def _remembered(self, text: str) -> int:
        """Tokens of one text by tiktoken, or what it counted before: prompts, templates and whole answers repeat."""
        digest = xxhash.xxh3_64_intdigest(text.encode(errors="surrogatepass"))
        tokens = self._known.get(digest)
        if tokens is None:
            tokens = self.by_tiktoken(text)
            if len(self._known) >= REMEMBERED_TEXTS:
                self._known.clear()
            self._known[digest] = tokens
        return tokens

    def by_tiktoken(self, text: str) -> int:
        """Tokens of one text, by tiktoken itself."""
        if len(text) > MAX_SPACES:
            return sum(self._tiktoken(part, disallowed_special=()).size for part in in_parts(text, MAX_SPACES))
        return int(self._tiktoken(text, disallowed_special=()).size) if text else 0

    def _encode_for(self, texts: Sequence[str]) -> Callable[[str], npt.NDArray[np.uint32]] | None:
        """The function of gigatoken for these texts: loaded late, loaded anew when it has grown, None without it."""
        self._characters += sum(map(len, texts))
        if self._gigatoken is None:
            if self._characters >= self._start_characters:
                self._load()
        elif self._characters >= LOOK_EVERY_CHARACTERS:
            if self._has_grown():
                self._gigatoken = None  # frees its memory first
                self._load()
            elif self._resident:
                self._characters = 0
        return self._gigatoken

    def _load(self) -> None:
        path = rank_file(self._name)
        if path is None:
            self._give_up("tiktoken's rank file is not in its cache")
            return
        try:
            from gigatoken import Tokenizer  # noqa: PLC0415 (an extra: imported where it is installed and needed)

            encode = Tokenizer.from_tiktoken(path, SPLITTING[self._name], special_tokens={}).backend.encode
        except (ImportError, RuntimeError, ValueError) as error:
            self._give_up(f"gigatoken does not load ({type(error).__name__})")
            return
        if any(encode(text).size != self.by_tiktoken(text) for text in TRICKY):
            self._give_up("gigatoken counts otherwise than tiktoken")
            return
        self._gigatoken = encode
        self._characters = 0
        self._resident = resident_bytes()

    def _has_grown(self) -> bool:
        if self._resident:
            return resident_bytes() - self._resident > MAX_GROWTH_BYTES
        return self._characters >= UNMEASURED_CHARACTERS

    def _give_up(self, why: str) -> None:
        """Leave gigatoken alone for the rest of this process, and say so once."""
        self._gigatoken = None
        self._usable = False
        print(f"{why}; {self._name} is counted by tiktoken alone from here on", file=sys.stderr, flush=True)


@functools.cache
def proven_versions_installed() -> bool:
    """Whether gigatoken is installed, and both it and tiktoken in a version of PROVEN; if not so, say it once."""
    try:
        installed = {name: importlib.metadata.version(name) for name in PROVEN}
    except importlib.metadata.PackageNotFoundError:
        return False
    if all(installed[name].startswith(beginning) for name, beginning in PROVEN.items()):
        return True
    found = ", ".join(f"{name} {version}" for name, version in installed.items())
    wanted = " ".join(f"'{name}=={beginning}*'" for name, beginning in PROVEN.items())
    print(f"tokens are counted by tiktoken alone: {found} were not compared; pip install {wanted}", file=sys.stderr)
    return False


def in_parts(text: str, spaces: int) -> Iterator[str]:
    """Yield a text in parts of which none has more than so much white space on end; nearly always that is the text.

    >>> list(in_parts("a    b", 3))
    ['a   ', ' b']
    """
    start = 0
    if len(text) > spaces:
        for found in _long_spaces(spaces).finditer(text):
            yield text[start : found.end()]
            start = found.end()
    if start < len(text):
        yield text[start:] if start else text


@functools.cache
def _long_spaces(spaces: int) -> re.Pattern[str]:
    return re.compile(rf"\s{{{spaces}}}(?=\s)")


def outside(ranges: Sequence[tuple[int, int]]) -> str:
    r"""A regular expression for one character within `ranges`, written as none of those around them.

    So it has one look-up for most characters; written the other way round it takes eight times as long.

    >>> outside([(0x41, 0x42), (0x323B0, 0x10FFFF)])
    '[^\\U00000000-\\U00000040\\U00000043-\\U000323af]'
    """
    starts = [0, *(last + 1 for _, last in ranges)]
    return "[^" + "".join(f"\\U{a:08x}-\\U{b - 1:08x}" for a, (b, _) in zip(starts, ranges, strict=False)) + "]"


_unproven = re.compile(outside(UNPROVEN)).search


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
