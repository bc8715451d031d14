"""docs/shapes.md is what the registries say, and every shape, container and grouping is on it."""

import json

from scripts import write_shapes_page
from tuneset.reading.containers.registry import CONTAINERS
from tuneset.reading.grouping.registry import GROUPINGS
from tuneset.reading.shapes.registry import SHAPES


def test_the_page_is_current() -> None:
    assert write_shapes_page.PAGE.read_text(encoding="utf-8") == write_shapes_page.text(), "run `make docs/shapes.md`"


def test_every_column_and_kind_is_on_the_page() -> None:
    page = write_shapes_page.text()
    assert [shape.name for shape in SHAPES if any(f"`{key}`" not in page for key in shape.keys)] == []
    assert [container.name for container in CONTAINERS if container.title not in page] == []
    assert [one.name for one in GROUPINGS if json.dumps(one.raw[0]) not in page] == []
