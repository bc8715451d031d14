"""The Jinja environment in which chat templates of strangers run: what they may call.

It gives what `transformers` 5.24 gives (`utils/chat_template_utils.py`, read 2026-11-26), so that the same template
makes the same text, and takes away what grows without bound or is different each time. How much a template
may do stands in `template_limits.py`; what a text is made of is the business of `chat_template.py`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable
from types import MethodType
from typing import Any, NoReturn

import jinja2
import jinja2.ext
import jinja2.utils
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tuneset.targets.local_models.template_limits import (
    LONG_TEXT,
    LOOK_EVERY,
    LimitError,
    Tracker,
    bounded,
    check_format,
    check_widths,
)

RENDERING_DAY = dt.datetime(2026, 11, 26)  # noqa: DTZ001  a template formats it, and has no zone either
"""What `strftime_now` says: a fixed day, so that the same input makes the same bytes tomorrow."""

GENERATION_TAG = re.compile(r"\{%-?\s*generation\s*-?%\}")
_DICT_ATTRIBUTES = frozenset(dir(dict))
_LOOP_ATTRIBUTES = frozenset({"first", "index", "index0", "last", "length", "nextitem", "previtem"})
_MAKE_NO_TEXT = frozenset({"count", "d", "default", "first", "last", "length"})
"""Filters that give a number or a value as it is, whose size matters where it is put out."""
_SIZED_METHODS = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs", "replace", "join", "translate"})


class RaisedError(jinja2.TemplateError):
    """A template called `raise_exception`; its message may hold values of the row."""


class _Marks(jinja2.ext.Extension):
    """`generation` blocks, and the calls that `watched` puts into a template."""

    tags = {"generation"}  # noqa: RUF012  as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """A `generation` block as a call of `generation`, around what stands in it."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("generation"), [], [], body).set_lineno(line)

    def generation(self, caller: Callable[[], str]) -> str:
        """Note where the text of a block will stand."""
        tracker = self._tracker
        start = tracker.length
        text = caller()
        tracker.spans.append((start, start + len(text)))
        return text

    def round(self, loop: int, item: Any) -> None:  # noqa: ANN401  whatever a template loops over
        """Note a round of a loop."""
        tracker = self._tracker
        tracker.step()
        tracker.loops.append((loop, item, tracker.length))

    def step(self) -> None:
        """Count a call of a macro."""
        self._tracker.step()

    def concat(self, *values: Any) -> str:  # noqa: ANN401  the operator ~ takes any value
        """The operator ~, whose size is looked at before it is made."""
        texts = [value if isinstance(value, str) else str(bounded(value)) for value in values]
        self._tracker.spend(sum(map(len, texts)))
        return "".join(texts)

    @property
    def _tracker(self) -> Tracker:
        assert isinstance(self.environment, Sandbox)
        return self.environment.tracker


class _Dict:
    """`dict` of a template, without the attributes of the type."""

    def __call__(self, *args: Any, **values: Any) -> dict[Any, Any]:  # noqa: ANN401  as dict
        return dict(*args, **values)

    def fromkeys(self, keys: Iterable[Any], value: Any = None) -> dict[Any, Any]:  # noqa: ANN401  as dict
        return dict.fromkeys(keys, value)


class _Namespace(jinja2.utils.Namespace):
    """`namespace` of a template, whose attributes begin with no underscore."""

    def __init__(self, *args: Any, **values: Any) -> None:  # noqa: ANN401  as dict
        for name in dict(*args, **values):
            _check_name(name)
        super().__init__(*args, **values)

    def __setitem__(self, name: str, value: Any) -> None:  # noqa: ANN401  any value
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError("an attribute of a namespace begins with an underscore")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment; one for each template, as it holds the template's tracker."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[_Marks, "jinja2.ext.loopcontrols"],
            finalize=lambda value: value if isinstance(value, str) else bounded(value),
        )
        self.tracker = Tracker()
        self._safe: dict[tuple[type, str], bool] = {}
        for name in ("random", "pprint"):  # different each time, or showing more than the value
            del self.filters[name]
        self.filters["tojson"] = to_json
        self.filters = {name: self._guarded(name, function) for name, function in self.filters.items()}
        del self.globals["lipsum"]
        self.globals |= {
            "raise_exception": _raise,
            "strftime_now": RENDERING_DAY.strftime,
            "dict": _Dict(),
            "namespace": _Namespace,
        }

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  as Jinja's
        """An attribute, or the item of that name: as Jinja's, which for a key of a dict goes by way of an exception."""
        if type(obj) is dict and attribute not in _DICT_ATTRIBUTES:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        if type(obj) is LoopContext and attribute in _LOOP_ATTRIBUTES:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401  as Jinja's
        """Jinja's answer, which depends on the type and the name alone, and is kept."""
        key = (type(obj), attr)
        known = self._safe.get(key)
        if known is None:
            known = super().is_safe_attribute(obj, attr, value)
            if len(self._safe) < LOOK_EVERY:  # a template may make up names
                self._safe[key] = known
        return known

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401  as Jinja's
        """A binary operator, whose size is looked at before it is made."""
        if operator == "+":
            if type(left) is str and type(right) is str:
                self.tracker.spend(len(left) + len(right))
                return left + right
            if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
                self.tracker.spend(len(left) + len(right))
        elif operator == "%":
            if isinstance(left, str):
                check_format(left)
                bounded(right)
        elif isinstance(left, int) and isinstance(right, int):
            if operator == "**" and (abs(right) > 64 or left.bit_length() > 64):
                raise LimitError("a number of more than 4,096 bits")
            if left.bit_length() + right.bit_length() > 4096:
                raise LimitError("a number of more than 4,096 bits")
        else:
            for sized, times in ((left, right), (right, left)):
                if isinstance(sized, str | list | tuple) and isinstance(times, int):
                    self.tracker.spend(len(sized) * max(times, 0))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, N805, PYI063  Jinja's
        """A call, whose size is looked at before it is made where it is a text's method."""
        if type(__obj) is MethodType and type(__obj.__self__) is _Marks:  # no template has a name for these
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return __obj(*args, **kwargs)
        name = getattr(__obj, "__name__", "")
        if name in _SIZED_METHODS:
            __self._check_method(name, getattr(__obj, "__self__", ""), args)
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ANN401  as Jinja's
        """`str.format`, where its widths are small."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            check_format(value.__self__)
        return wrapped

    def _check_method(self, name: str, text: object, args: tuple[Any, ...]) -> None:
        check_widths(args)
        if name == "replace" and isinstance(text, str) and len(args) > 1:
            places = text.count(args[0]) if args[0] else len(text) + 1
            self.tracker.spend(len(text) + places * len(args[1]))
        elif name == "join" and isinstance(text, str) and args:
            parts = args[0] if isinstance(args[0], list | tuple) else ()
            self.tracker.spend(sum(len(part) + len(text) for part in parts if isinstance(part, str)))

    def _guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter whose value and numbers are looked at first. What Jinja passes to it stays the same."""
        if name in _MAKE_NO_TEXT:
            return function
        passed = getattr(function, "jinja_pass_arg", None) is not None

        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as the filter
            own = args[1:] if passed else args
            if own and not isinstance(own[0], str):
                bounded(own[0])
            check_widths((*own[1:], *kwargs.values()))
            if name == "format":
                check_format(str(own[0]))
            elif name == "replace":
                self._check_method(name, own[0], own[1:])
            elif name == "join":
                self._check_method(name, own[1] if len(own) > 1 else kwargs.get("d", ""), own[:1])
            return function(*args, **kwargs)

        for key in ("jinja_pass_arg", "jinja_async_variant"):
            if hasattr(function, key):
                setattr(guarded, key, getattr(function, key))
        return guarded


def watched(tree: nodes.Template) -> nodes.Template:
    """Put calls of `_Marks` into a template: at the start of each round of a loop and of each macro, and for ~."""
    _Watching().visit(tree)
    return tree


class _Watching(jinja2.visitor.NodeTransformer):
    def __init__(self) -> None:
        self._loops = 0

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  the name that Jinja calls
        self.generic_visit(node)
        self._loops += 1
        item = nodes.Name(node.target.name, "load") if isinstance(node.target, nodes.Name) else nodes.Const(None)
        node.body.insert(0, _call("round", [nodes.Const(self._loops), item], node.lineno))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802  the same
        self.generic_visit(node)
        node.body.insert(0, _call("step", [], node.lineno))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  the same
        self.generic_visit(node)
        return _method("concat", node.nodes).set_lineno(node.lineno)


def _method(name: str, args: list[nodes.Expr]) -> nodes.Expr:
    return nodes.Call(nodes.ExtensionAttribute(_Marks.identifier, name), args, [], None, None)


def _call(name: str, args: list[nodes.Expr], line: int) -> nodes.Node:
    return nodes.ExprStmt(_method(name, args)).set_lineno(line, override=True)


def to_json(
    value: Any,  # noqa: ANN401  any JSON value
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """The filter `tojson`: Jinja's own would escape what HTML escapes."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise(message: object) -> NoReturn:
    raise RaisedError(str(message)[:LONG_TEXT])
