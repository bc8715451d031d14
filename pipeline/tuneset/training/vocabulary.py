"""A small vocabulary learned from a training file: byte pairs, merged most frequent first.

The merges are learned here, because a vocabulary of a thousand pieces that fits the file is what a small model needs;
encoding with them is left to tiktoken, which takes any byte-pair ranks. Same texts, same vocabulary.
"""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Iterable, Sequence

import tiktoken

BYTES = 256
"""Every byte is a piece, so that any text can be written."""

MAX_WORDS = 8_000
"""How many distinct words the merges are learned from, most frequent first. Rarer words hardly move a merge."""

MIN_PAIR_COUNT = 50
"""What occurs less often is no piece: it could not be learned. With a piece for every pair that occurs twice, a model
of ten examples learned them by heart and its validation loss rose; with this it falls (measured on GSM8K)."""

WORD = r" ?[^\W\d_]{1,24}|\d{1,3}|_| ?[^\s\w]{1,8}|\s{1,8}"
"""Where text is cut before pairs are merged: words, numbers, punctuation, white space; each of bounded length.

The five branches take every character, so no text is lost.
"""

Pair = tuple[int, int]


def learn_merges(texts: Iterable[str], limit: int) -> list[bytes]:
    """The pieces that merging the most frequent pairs makes, in the order of merging; at most `limit`.

    Ties go to the pair whose bytes come first. A file of few patterns gives fewer pieces.

    >>> learn_merges(["low low low lower"] * MIN_PAIR_COUNT, 3)
    [b'lo', b'low', b' low']
    """
    words, counts = _frequent_words(texts)
    pieces = [bytes([value]) for value in range(BYTES)]
    pairs: collections.Counter[Pair] = collections.Counter()
    places: dict[Pair, set[int]] = collections.defaultdict(set)
    for index, word in enumerate(words):
        for pair in itertools.pairwise(word):
            pairs[pair] += counts[index]
            places[pair].add(index)
    while len(pieces) < BYTES + limit and pairs:
        highest = max(pairs.values())
        if highest < MIN_PAIR_COUNT:
            break
        tied = [pair for pair, count in pairs.items() if count == highest]
        best = min(tied, key=lambda pair: (pieces[pair[0]], pieces[pair[1]]))
        merged = len(pieces)
        pieces.append(pieces[best[0]] + pieces[best[1]])
        for index in places.pop(best):
            before = words[index]
            after = _merge(before, best, merged)
            for pair in itertools.pairwise(before):
                pairs[pair] -= counts[index]
            for pair in itertools.pairwise(after):
                pairs[pair] += counts[index]
                places[pair].add(index)
            words[index] = after
        pairs = +pairs
    return _without_repeats(pieces[BYTES:])


def make_encoding(merges: Sequence[bytes]) -> tiktoken.Encoding:
    """A tiktoken encoder over the 256 bytes and these merges; piece ids are 0 to 255 + len(merges)."""
    ranks = {bytes([value]): value for value in range(BYTES)}
    ranks |= {piece: BYTES + rank for rank, piece in enumerate(merges)}
    return tiktoken.Encoding("tuneset-local", pat_str=WORD, mergeable_ranks=ranks, special_tokens={})


def _frequent_words(texts: Iterable[str]) -> tuple[list[list[int]], list[int]]:
    """The most frequent words as lists of bytes, with their counts."""
    found: collections.Counter[str] = collections.Counter()
    pattern = re.compile(WORD)
    for text in texts:
        found.update(pattern.findall(text))
    frequent = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]
    return [list(word.encode()) for word, _ in frequent], [count for _, count in frequent]


def _merge(word: Sequence[int], pair: Pair, merged: int) -> list[int]:
    """Put `merged` in the place of each occurrence of `pair`, from the left.

    >>> _merge([1, 2, 1, 2, 3], (1, 2), 9)
    [9, 9, 3]
    """
    result: list[int] = []
    position = 0
    while position < len(word):
        if position + 1 < len(word) and (word[position], word[position + 1]) == pair:
            result.append(merged)
            position += 2
        else:
            result.append(word[position])
            position += 1
    return result


def _without_repeats(pieces: Sequence[bytes]) -> list[bytes]:
    """Pieces in order, each once: two pairs can spell the same bytes.

    >>> _without_repeats([b"ab", b"c", b"ab"])
    [b'ab', b'c']
    """
    return list(dict.fromkeys(pieces))
