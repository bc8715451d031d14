"""Which texts of a template may tell one message from another, and which are only put out."""

import pytest

from tuneset.targets.local_models.chat_template import ChatTemplate


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a, ' + x }}",
        "{{ 'a, ' ~ x ~ 'a, ' }}",
        "{{ 'a, ' if x else 'a, ' }}",
        "{{ xs | join('a, ') }}",
        "{{ raise_exception('a, ') }}",
        "a, {{ x }}",
    ],
)
def test_a_text_that_is_only_put_out_is_not_looked_at(source: str) -> None:
    assert ChatTemplate(source, {}, "t").constants() == set()


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'b' if 'a, ' in x }}",
        "{% if x == 'a, ' %}{% endif %}",
        "{{ x.split('a, ')[0] + 'b' }}",
        "{% set y = 'a, ' %}{{ x.split(y)[0] }}",
        "{{ x | replace('a, ', '') }}",
        "{% macro m(y) %}{% endmacro %}{{ m('a, ') }}",
        "{{ ('a, ' ~ x).split(x) }}",
        "{% for y in ['a, '] %}{% endfor %}",
    ],
)
def test_a_text_that_may_be_held_against_a_message_is(source: str) -> None:
    assert "a, " in ChatTemplate(source, {}, "t").constants()
