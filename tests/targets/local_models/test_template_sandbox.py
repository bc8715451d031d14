"""A template that loops, allocates, raises, or does what it may not: stopped, and told without a word of the row."""

import pytest

from tuneset.errors import InputError
from tuneset.targets.local_models import template_limits
from tuneset.targets.local_models.chat_template import ChatTemplate
from tuneset.targets.local_models.rendering import RenderError

SECRET = "4711-secret"  # stands in the row, and must not stand in a message
TALK = [{"role": "user", "content": SECRET}, {"role": "assistant", "content": "A"}]


def fault(source: str) -> RenderError:
    template = ChatTemplate(source, {"bos_token": "<s>"}, "model/chat_template.jinja")
    with pytest.raises(RenderError) as told:
        template.render(TALK)
    assert SECRET not in str(told.value)
    return told.value


@pytest.mark.parametrize(
    "source",
    [
        "{% for m in messages %}{{ m.content | upper | trim }}{% endfor %}",
        "{{ 'x' * 50 }}{{ '%s' % messages[0].role }}{{ 'ab'.replace('a', 'c') }}{{ ['a', 'b'] | join(',') }}",
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n ~ '!' }}",
        "{{ strftime_now('%Y') }}{{ {'a': 1} | tojson(indent=2) }}{{ 'x'.center(9) }}{{ '{:>5}'.format('a') }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m('x') }}{% for i in range(1000) %}{{ i }}{% endfor %}",
        "{% for m in messages %}{% if loop.last %}{% break %}{% endif %}{{ m.content[:2] }}{% endfor %}",
    ],
)
def test_what_templates_do_is_not_stopped(source: str) -> None:
    assert ChatTemplate(source, {}, "t").render(TALK).text


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
        "{{ 'x' * 10000000000 }}",
        "{{ ['x'] * 10000000000 }}",
        "{{ 2 ** 10000000 }}",
        "{% set ns = namespace(n=7 ** 60) %}{% for i in range(64) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
        "{% set ns = namespace(t='xx') %}{% for i in range(64) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
        "{% set ns = namespace(t='xx') %}{% for i in range(64) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
        "{% set ns = namespace(t=[1]) %}{% for i in range(64) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
        "{% set n = namespace(t=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t }}",
        "{% set n = namespace(t=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t|tojson }}",
        "{% set n = namespace(t=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ 'a' ~ n.t }}",
        "{% for i in range(99999) %}{{ 'x' * 4000 }}{% endfor %}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%*d' % (999999999, 1) }}",
        "{{ '{:>999999999}'.format('x') }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ 'x'.center(999999999) }}",
        "{{ 'x' | center(999999999) }}",
        "{{ 'x' | indent(width=999999999, first=true) }}",
        "{{ {'a': 1} | tojson(indent=999999999) }}",
        "{{ [1] | batch(999999999, 'x') | list }}",
        "{% set t = 'x' * 9999999 %}{{ t.replace('x', t) }}",
        "{% set t = 'x' * 9999999 %}{{ t | replace('x', t) }}",
        "{% set t = 'x' * 9999999 %}{{ t.join(['a'] * 9999) }}",
        "{% set t = 'x' * 9999999 %}{{ (['a'] * 9999) | join(t) }}",
    ],
)
def test_what_grows_without_bound_is_stopped(source: str) -> None:
    assert fault(source).kind == "limit"


@pytest.mark.parametrize("rounds", [template_limits.FREE_STEPS, template_limits.FREE_STEPS + 9_000])
def test_the_limit_of_rounds_grows_with_the_conversation(rounds: int) -> None:
    source = f"{{% for i in range({rounds}) %}}{{% endfor %}}"
    assert ChatTemplate(source, {}, "t").render(TALK * 5, []).text == ""
    assert ChatTemplate(source, {}, "t").render(TALK, [{}] * 8).text == ""
    if rounds > template_limits.FREE_STEPS:
        assert str(fault(source)).endswith("more than 22,000 rounds of loops and calls of macros")


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_limits, "MAX_SECONDS", -1.0)
    told = fault("{% for i in range(1000) %}x{% endfor %}")
    assert (told.kind, told.reason) == ("limit", "the template was stopped: more than -1 seconds")


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% set _ = messages.append({}) %}",
        "{{ lipsum() }}",
        "{% set ns = namespace(__init__=1) %}",
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{{ messages[7].content }}",
        "{{ 1 / 0 }}",
        "{{ messages[0].content.nothing.at_all }}",
    ],
)
def test_what_a_template_may_not_or_cannot_is_told(source: str) -> None:
    assert fault(source).kind == "failed"


def test_what_a_template_raises_is_repeated_only_where_it_is_its_own() -> None:
    own = fault("{{ raise_exception('no system role here') }}")
    assert (own.kind, own.reason) == ("raised", 'the template refuses the conversation: "no system role here"')
    held = fault("{{ raise_exception('got ' + messages[0].content) }}")
    assert (held.kind, held.reason) == ("raised", "the template refuses the conversation")


@pytest.mark.parametrize(
    "source", ["{% for %}", "{{ a", "{% generation %}x", "{{ 1 | nothing }}", "{{ [1, 2] | random }}", "{" * 9 + "%}"]
)
def test_a_template_that_is_none_is_told_with_its_line(source: str) -> None:
    with pytest.raises(InputError, match=r"^model/t.jinja: the template cannot be (read: line 1|compiled)"):
        ChatTemplate(source, {}, "model/t.jinja")


def test_a_template_that_is_nested_without_end_is_told() -> None:
    with pytest.raises(InputError, match="cannot be compiled"):
        ChatTemplate("{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}", {}, "t")


def test_what_one_rendering_did_does_not_count_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_limits, "MAX_STEPS", 1000)
    template = ChatTemplate("{% for i in range(90) %}{% for m in messages %}{% endfor %}{% endfor %}x", {}, "t")
    assert [template.render(TALK).text for _ in range(6)] == ["x"] * 6


def test_an_item_that_is_not_defined_is_looped_over_all_the_same() -> None:
    assert ChatTemplate("{% for k, v in {'a': 1}.items() %}{{ k }}{% endfor %}", {}, "t").render(TALK).text == "a"
