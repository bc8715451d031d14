"""How alike two texts are, from 0 to 1: the metrics of the grader `text_similarity`.

The protocol names its metrics and does not define them, so each is computed as its authors published it: BLEU to
4-grams with one reference, smoothed by one from bigrams on (Lin and Och 2004); Google-BLEU (Wu et al. 2016); METEOR of
exact words (Banerjee and Lavie 2005, with the weights of 2007); ROUGE as F1 (Lin 2004). Words are runs of letters and
digits in small letters; each sign of a script without spaces between words is one. `fuzzy_match` is the share of
characters that both have in one order (the normalised indel similarity of rapidfuzz). `cosine` needs a model of
embeddings, and is not here.
"""

from __future__ import annotations

import collections
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence

# Han, Hiragana, Katakana and Thai, where a run of letters is no word.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff_]+")
_LONGEST = 4
"""Words of the longest pieces that BLEU and Google-BLEU compare."""
_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5
"""METEOR's weight of precision, its exponent and its weight of the penalty for words out of order."""


def similarity(metric: str, text: str, reference: str) -> float:
    """How alike two texts are by a metric out of `METRICS`. Two empty texts are the same.

    >>> similarity("rouge_l", "the cat sat", "the cat sat"), similarity("rouge_1", "the cat", "a dog")
    (1.0, 0.0)
    """
    return METRICS[metric](text, reference)


def words(text: str) -> list[str]:
    """The words of a text.

    >>> words("It's 7, 日本!")
    ['it', 's', '7', '日', '本']
    """
    return _WORD.findall(text.lower())


def _fuzzy(text: str, reference: str) -> float:
    """Twice the longest common subsequence, of the characters of both.

    >>> round(_fuzzy("kitten", "sitting"), 3)
    0.615
    """
    total = len(text) + len(reference)
    return 2 * common_length(text, reference) / total if total else 1.0


def common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence, with bits for places (Hyyro 2004).

    >>> common_length("abcbdab", "bdcaba")
    4
    """
    places: dict[str, int] = collections.defaultdict(int)
    for number, sign in enumerate(first):
        places[sign] |= 1 << number
    everything = (1 << len(first)) - 1
    left = everything
    for sign in second:
        matched = left & places.get(sign, 0)
        left = ((left + matched) | (left - matched)) & everything
    return len(first) - left.bit_count()


def _pieces(found: Sequence[str], length: int) -> collections.Counter[tuple[str, ...]]:
    return collections.Counter(tuple(found[start : start + length]) for start in range(len(found) - length + 1))


def _shared(found: Sequence[str], wanted: Sequence[str], length: int) -> tuple[int, int, int]:
    """How many pieces of a length both have, the text has, and the reference has."""
    ours, theirs = _pieces(found, length), _pieces(wanted, length)
    return (ours & theirs).total(), ours.total(), theirs.total()


def _bleu(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    if not found or not wanted:
        return float(found == wanted)
    logs = []
    for length in range(1, _LONGEST + 1):
        shared, ours, _ = _shared(found, wanted, length)
        smooth = int(length > 1)
        if shared + smooth == 0:
            return 0.0
        logs.append(math.log((shared + smooth) / (ours + smooth)))
    brevity = min(0.0, 1 - len(wanted) / len(found))
    return min(1.0, math.exp(brevity + sum(logs) / len(logs)))


def _gleu(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    if not found or not wanted:
        return float(found == wanted)
    counts = [_shared(found, wanted, length) for length in range(1, _LONGEST + 1)]
    shared = sum(one[0] for one in counts)
    return shared / max(sum(one[1] for one in counts), sum(one[2] for one in counts))


def _meteor(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    if not found or not wanted:
        return float(found == wanted)
    pairs = _aligned(found, wanted)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(found), len(pairs) / len(wanted)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    chunks = 1 + sum(
        after[0] != before[0] + 1 or after[1] != before[1] + 1 for before, after in itertools.pairwise(pairs)
    )
    fragmented = math.pow(chunks / len(pairs), _BETA) if chunks > 1 else 0.0
    return mean * (1 - _GAMMA * fragmented)


def _aligned(found: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Which word of the text stands for which of the reference: each one once, the next in order where there is one."""
    free: dict[str, list[int]] = collections.defaultdict(list)
    for place, word in enumerate(wanted):
        free[word].append(place)
    pairs: list[tuple[int, int]] = []
    for place, word in enumerate(found):
        places = free[word]
        if places:
            after = pairs[-1][1] if pairs else -1
            best = next((one for one in places if one > after), places[0])
            places.remove(best)
            pairs.append((place, best))
    return pairs


def _rouge(length: int) -> Callable[[str, str], float]:
    def rouge(text: str, reference: str) -> float:
        found, wanted = words(text), words(reference)
        shared, ours, theirs = _shared(found, wanted, length)
        return 2 * shared / (ours + theirs) if ours + theirs else float(found == wanted)

    return rouge


def _rouge_l(text: str, reference: str) -> float:
    found, wanted = words(text), words(reference)
    total = len(found) + len(wanted)
    return 2 * common_length(found, wanted) / total if total else 1.0


METRICS: Mapping[str, Callable[[str, str], float]] = {
    "fuzzy_match": _fuzzy,
    "bleu": _bleu,
    "gleu": _gleu,
    "meteor": _meteor,
    **{f"rouge_{length}": _rouge(length) for length in range(1, 6)},
    "rouge_l": _rouge_l,
}
"""The metrics by their names in the protocol, each of a text and its reference."""
