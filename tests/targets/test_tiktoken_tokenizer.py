"""Every count is tiktoken's: over all of Unicode, over all orders of characters' kinds, and on real text.

Splitting is compared with a vocabulary of its own, in which any two bytes merge. So a boundary in another place always
shows, which it does not with real vocabularies: those rarely merge across rare characters.
"""

import base64
import importlib.metadata
import inspect
import itertools
import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import tiktoken
from gigatoken import Tokenizer
from hypothesis import given
from hypothesis import strategies as st

from tests.amounts import cases
from tuneset.targets import tiktoken_tokenizer
from tuneset.targets.encodings import RANK_FILE_OF, get_encoding, rank_file
from tuneset.targets.target import Target
from tuneset.targets.tiktoken_tokenizer import SPLITTING, UNPROVEN, TiktokenTokenizer
from tuneset.targets.tiktoken_tokenizer import proven_versions_installed as installed_check
from tuneset.targets.tokenizer import find_tokenizer

O200K, CL100K, HARMONY = "o200k_base", "cl100k_base", "o200k_harmony"
NEW = "\U000333fc"
"""A letter of Unicode 17, of which tiktoken 0.14 does not know that it is one."""

Encode: TypeAlias = Callable[[str], npt.NDArray[np.uint32]]


class Pair(NamedTuple):
    """The same encoding by both."""

    gigatoken: Encode
    tiktoken: Encode

    def differ(self, text: str) -> bool:
        return not np.array_equal(self.gigatoken(text), self.tiktoken(text))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ranks")


@pytest.fixture(scope="module", params=[O200K, CL100K])
def splitting(request: pytest.FixtureRequest, folder: Path) -> Pair:
    """The splitting of an encoding, with a vocabulary of all bytes and all pairs of bytes."""
    single = [bytes([byte]) for byte in range(256)]
    ranks = {token: rank for rank, token in enumerate([*single, *(a + b for a in single for b in single)])}
    path = folder / "pairs.tiktoken"
    path.write_bytes(b"".join(base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items()))
    pattern = get_encoding(request.param)._pat_str
    reference = tiktoken.Encoding("pairs", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    quick = Tokenizer.from_tiktoken(path, pretokenizer=SPLITTING[request.param], special_tokens={})
    return Pair(quick.backend.encode, reference.encode_to_numpy)


@pytest.fixture(scope="module")
def counters() -> dict[str, TiktokenTokenizer]:
    return {name: TiktokenTokenizer(name, start_characters=0) for name in SPLITTING}


@pytest.fixture
def fresh() -> TiktokenTokenizer:
    return TiktokenTokenizer(O200K, start_characters=0)


def by_tiktoken(texts: list[str], name: str) -> list[int]:
    return [len(get_encoding(name).encode(text, disallowed_special=())) for text in texts]


def uses_gigatoken(counter: TiktokenTokenizer) -> bool:
    return counter._gigatoken is not None


def proven() -> Iterator[str]:
    """Every character that gigatoken may count."""
    starts = [0, *(last + 1 for _, last in UNPROVEN)]
    for start, (stop, _) in zip(starts, UNPROVEN, strict=False):
        yield from map(chr, range(start, stop))


# What must not be counted by gigatoken


def test_a_new_character_is_split_otherwise_by_gigatoken_and_therefore_goes_to_tiktoken(
    counters: dict[str, TiktokenTokenizer],
) -> None:
    path = rank_file(O200K)
    assert path is not None
    text = f"{NEW}'s {NEW}'s"
    quick = Tokenizer.from_tiktoken(path, pretokenizer="o200k", special_tokens={})
    assert quick.encode(text).size != by_tiktoken([text], O200K)[0]
    assert counters[O200K].count([text]) == by_tiktoken([text], O200K)


@pytest.mark.parametrize("name", SPLITTING)
def test_the_first_and_last_of_every_unproven_range_count_as_by_tiktoken(
    name: str, counters: dict[str, TiktokenTokenizer]
) -> None:
    surrogates = (0xD800, 0xDFFF)
    ends = sorted({chr(point) for span in UNPROVEN if span != surrogates for point in span})
    texts = [form.format(c=end) for end in ends for form in ("{c}", "a{c}'s", " {c}\n\n", "1{c}23")]
    assert counters[name].count(texts) == by_tiktoken(texts, name)


def test_lone_surrogates_which_are_no_text_are_refused_as_by_tiktoken(counters: dict[str, TiktokenTokenizer]) -> None:
    for text in ("\ud800", "a\udfffb", "\ud83d\ude00 as two halves"):
        with pytest.raises(UnicodeEncodeError):
            get_encoding(O200K).encode_to_numpy(text)
        with pytest.raises(UnicodeEncodeError):
            counters[O200K].count([text])


def test_few_texts_are_counted_without_loading_gigatoken() -> None:
    counter = TiktokenTokenizer(O200K)
    assert counter.count(["hello world", ""]) == [2, 0]
    assert not uses_gigatoken(counter)
    assert counter.count(["x " * (tiktoken_tokenizer.START_CHARACTERS // 2)]) == [
        tiktoken_tokenizer.START_CHARACTERS // 2 + 1
    ]
    assert uses_gigatoken(counter)


def test_without_the_extra_tiktoken_counts_and_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    monkeypatch.setattr(tiktoken_tokenizer, "proven_versions_installed", installed_check.__wrapped__)
    counter = TiktokenTokenizer(O200K, start_characters=0)
    assert counter.count(["hello world"]) == [2]
    assert not uses_gigatoken(counter)
    assert capsys.readouterr().err == ""


def test_versions_that_were_not_compared_are_not_used_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(tiktoken_tokenizer.PROVEN, "gigatoken", "0.9.")
    monkeypatch.setattr(tiktoken_tokenizer, "proven_versions_installed", installed_check.__wrapped__)
    counter = TiktokenTokenizer(O200K, start_characters=0)
    assert counter.count(["hello world"]) == [2]
    assert not uses_gigatoken(counter)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("gigatoken", "tiktoken"))
    assert capsys.readouterr().err == (
        f"tokens are counted by tiktoken alone: {versions} were not compared; "
        "pip install 'gigatoken==0.9.*' 'tiktoken==0.14.*'\n"
    )


def test_a_difference_in_the_tricky_texts_leaves_all_to_tiktoken_and_is_said_once(
    fresh: TiktokenTokenizer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(tiktoken_tokenizer.SPLITTING, O200K, "gpt2")
    for _ in range(2):
        assert fresh.count(["HTTPResponse 12345"]) == by_tiktoken(["HTTPResponse 12345"], O200K)
    assert capsys.readouterr().err == (
        "gigatoken counts otherwise than tiktoken; o200k_base is counted by tiktoken alone from here on\n"
    )


def test_a_difference_in_the_sample_recounts_the_batch_and_leaves_the_rest_to_tiktoken(
    fresh: TiktokenTokenizer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(tiktoken_tokenizer.SPLITTING, O200K, "gpt2")
    monkeypatch.setattr(tiktoken_tokenizer, "TRICKY", ())
    alike, unlike = ["word"] * tiktoken_tokenizer.SAMPLE_EVERY, [" don't"] * 3
    assert fresh.count(alike) == [1] * tiktoken_tokenizer.SAMPLE_EVERY
    assert uses_gigatoken(fresh)
    assert fresh.count(unlike) == by_tiktoken(unlike, O200K)
    assert not uses_gigatoken(fresh)
    assert fresh.count(alike + unlike) == by_tiktoken(alike + unlike, O200K)
    assert capsys.readouterr().err == (
        "gigatoken counted a text otherwise than tiktoken; o200k_base is counted by tiktoken alone from here on\n"
    )


def test_a_rank_file_that_is_gone_or_spoilt_leaves_all_to_tiktoken(
    fresh: TiktokenTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = rank_file(O200K)
    assert good is not None
    (tmp_path / good.name).write_bytes(good.read_bytes()[:-1])
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert fresh.count(["hello world"]) == [2]
    assert capsys.readouterr().err == (
        "tiktoken's rank file is not in its cache; o200k_base is counted by tiktoken alone from here on\n"
    )


def test_a_splitting_that_gigatoken_does_not_have_leaves_all_to_tiktoken(
    fresh: TiktokenTokenizer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(tiktoken_tokenizer.SPLITTING, O200K, "no such splitting")
    assert fresh.count(["hello world"]) == [2]
    assert capsys.readouterr().err == (
        "gigatoken does not load (ValueError); o200k_base is counted by tiktoken alone from here on\n"
    )


# The same boundaries


@pytest.mark.slow
def test_every_proven_character_is_split_the_same_in_every_surrounding(splitting: Pair) -> None:
    form = "a{c}B A{c}b'1{c}23{c}'s {c} \n.{c}\n/"
    some = itertools.islice(proven(), 0, None, cases(5, 1))  # every fifth in a usual run
    assert [hex(ord(c)) for c in some if splitting.differ(form.replace("{c}", c))] == []


def test_the_same_comparison_finds_the_new_characters(splitting: Pair) -> None:
    form = "a{c}B A{c}b'1{c}23{c}'s {c} \n.{c}\n/"
    assert all(splitting.differ(form.replace("{c}", c)) for c in (NEW, "\u088f", "\U00011de0", "\U00018df2"))


KINDS = "aBs1 \n\r\t/'.\x00\u01c5\u02b0\u4e2d\u0301\u00bd\u3000\u0085\U0001f600\u017f"
"""A character of each kind that the patterns tell apart: case, caseless, marks, digits, spaces, line ends, others."""


def test_all_orders_of_up_to_three_kinds_and_long_random_ones_are_split_the_same(splitting: Pair) -> None:
    short = ("".join(kinds) for length in (1, 2, 3) for kinds in itertools.product(KINDS, repeat=length))
    dice = random.Random(7)
    long = ("".join(dice.choices(KINDS, k=dice.randrange(4, 300))) for _ in range(3_000))
    assert [ascii(text) for text in itertools.chain(short, long) if splitting.differ(text)] == []


def test_every_token_but_single_bytes_is_made_of_two_earlier_ones() -> None:
    """So that merging by pairs, as gigatoken does, and merging by joined bytes, as tiktoken does, are the same."""
    for name in (O200K, CL100K):
        ranks = get_encoding(name)._mergeable_ranks
        dice = random.Random(7)
        for token in dice.sample(sorted(ranks), 20_000):
            cuts = [(ranks.get(token[:cut]), ranks.get(token[cut:])) for cut in range(1, len(token))]
            halves = [max(a, b) for a, b in cuts if a is not None and b is not None]
            assert len(token) == 1 or min(halves) < ranks[token]


# The same counts


@pytest.mark.parametrize("name", SPLITTING)
@given(st.lists(st.text(max_size=60) | st.text(KINDS, max_size=60), max_size=5))
def test_any_texts_count_as_by_tiktoken(name: str, counters: dict[str, TiktokenTokenizer], texts: list[str]) -> None:
    assert counters[name].count(texts) == by_tiktoken(texts, name)


def real_texts() -> list[str]:
    """Docstrings and paragraphs of this machine's standard library."""
    folder = Path(sysconfig.get_path("stdlib"))
    sources = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
    blocks = [block for source in sources for block in source.split("\n\n")]
    return [*blocks[::5], *(inspect.getdoc(kind) or "" for kind in (str, bytes, dict, random.Random, Path, Any))]


@pytest.mark.parametrize("name", SPLITTING)
def test_real_text_counts_as_by_tiktoken(name: str, counters: dict[str, TiktokenTokenizer]) -> None:
    texts = real_texts()
    assert len(texts) > 3_000
    assert counters[name].count(texts) == by_tiktoken(texts, name)


@pytest.mark.parametrize("name", SPLITTING)
def test_characters_of_all_scripts_count_as_by_tiktoken(name: str, counters: dict[str, TiktokenTokenizer]) -> None:
    dice = random.Random(7)
    scripts = [range(0x20, 0x250), range(0x370, 0x600), range(0x900, 0x1100), range(0x1F300, 0x1FAFF)]
    scripts += [range(0x2000, 0x2C00), range(0x3000, 0x3100), range(0x4E00, 0x9FFF), range(0xAC00, 0xD7A3)]
    texts = ["".join(map(chr, dice.choices(dice.choice(scripts), k=dice.randrange(1, 60)))) for _ in range(3_000)]
    texts += [" ".join(dice.sample(texts, 5)) for _ in range(500)]
    assert counters[name].count(texts) == by_tiktoken(texts, name)


def test_special_tokens_count_as_plain_text(counters: dict[str, TiktokenTokenizer]) -> None:
    texts = [f"a{token}b" for token in sorted(get_encoding(HARMONY).special_tokens_set)]
    for name in SPLITTING:
        assert counters[name].count(texts) == by_tiktoken(texts, name)


def test_no_text_has_no_tokens(counters: dict[str, TiktokenTokenizer]) -> None:
    assert counters[O200K].count(["", "a", ""]) == [0, 1, 0]
    assert counters[O200K].count([]) == []


def test_gigatoken_is_loaded_anew_when_its_memory_has_grown(
    fresh: TiktokenTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = real_texts()[:300]
    expected = fresh.count(texts)
    loaded = fresh._gigatoken
    assert fresh.count(texts) == expected
    assert fresh._gigatoken is loaded
    monkeypatch.setattr(tiktoken_tokenizer, "LOOK_EVERY_CHARACTERS", 1)
    monkeypatch.setattr(tiktoken_tokenizer, "MAX_GROWTH_BYTES", -(1 << 40))
    assert fresh.count(texts) == expected
    assert fresh._gigatoken is not loaded


def test_where_memory_is_not_told_gigatoken_is_loaded_anew_by_what_it_has_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tiktoken_tokenizer, "resident_bytes", lambda: 0)
    monkeypatch.setattr(tiktoken_tokenizer, "LOOK_EVERY_CHARACTERS", 10)
    monkeypatch.setattr(tiktoken_tokenizer, "UNMEASURED_CHARACTERS", 25)
    counter = TiktokenTokenizer(O200K, start_characters=0)
    loaded = []
    for _ in range(4):
        assert counter.count(["ten chars "]) == by_tiktoken(["ten chars "], O200K)
        loaded.append(counter._gigatoken)
    assert loaded[0] is loaded[1] is loaded[2]
    assert loaded[3] is not loaded[0]


def test_the_counts_of_the_product_are_those_of_one_counter_a_process() -> None:
    texts = real_texts()
    assert Target(O200K).tokenizer is find_tokenizer(O200K)
    assert Target(O200K).count_texts(texts).tokens == by_tiktoken(texts, O200K)
    assert set(SPLITTING) == set(RANK_FILE_OF)


@pytest.mark.parametrize("remembered", [1, 2, 1 << 20])
def test_a_count_that_is_remembered_is_tiktokens(monkeypatch: pytest.MonkeyPatch, remembered: int) -> None:
    monkeypatch.setattr(tiktoken_tokenizer, "REMEMBERED_TEXTS", remembered)
    counter = TiktokenTokenizer(O200K, start_characters=10**9)
    texts = ["", "a", "hello world", "a", "", "hello world", "\u4f60\u597d", "a", "b"] * 3
    assert counter.count(texts) == [len(get_encoding(O200K).encode_ordinary(text)) for text in texts]
    assert len(counter._known) <= remembered


def test_a_text_that_repeats_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = TiktokenTokenizer(O200K, start_characters=10**9)
    asked: list[str] = []

    def counted(text: str) -> int:
        asked.append(text)
        return len(text)

    monkeypatch.setattr(counter, "by_tiktoken", counted)
    assert counter.count(["one", "two", "one"]) == counter.count(["one", "two", "one"])
    assert asked == ["one", "two"]


def test_white_space_without_end_is_counted_and_cut() -> None:
    own = TiktokenTokenizer(O200K)
    text = "\t" + " " * 1_000_000 + "a"
    assert 1 < own.count([text])[0] < 100_000
    assert text.startswith(own.first_tokens(text, 1))
