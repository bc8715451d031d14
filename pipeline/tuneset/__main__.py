"""The command `tuneset` and `python -m tuneset`: Ctrl-C is no traceback while it is loaded either."""

from __future__ import annotations

from tuneset.cli import exit_codes


def run() -> None:
    """Run the command line and exit."""
    try:
        from tuneset.cli import main  # noqa: PLC0415  it takes a third of a second, in which somebody may stop it
    except KeyboardInterrupt:
        exit_codes.interrupted()
    main.run()


if __name__ == "__main__":
    run()
