"""`import tuneset` gives the public names, and loads none of them before it is asked for."""

import subprocess
import sys

import pytest

import tuneset
from tuneset.errors import TunesetError


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match="module 'tuneset' has no attribute 'prepared'"):
        _ = getattr(tuneset, "prepared")  # noqa: B009  mypy knows that it is not there


def test_every_public_name_is_there() -> None:
    assert all(hasattr(tuneset, name) for name in tuneset.__all__)
    assert set(tuneset.__all__) <= set(dir(tuneset))


def test_every_error_is_of_one_family() -> None:
    errors = [getattr(tuneset, name) for name in tuneset.__all__ if name.endswith("Error")]
    assert len(errors) == 5
    assert all(issubclass(error, TunesetError) for error in errors)


def test_importing_the_package_loads_no_library() -> None:
    program = "import sys; before = set(sys.modules); import tuneset; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()} - {"tuneset"}
    assert loaded <= sys.stdlib_module_names
    assert "tuneset.errors" not in done.stdout.split()
