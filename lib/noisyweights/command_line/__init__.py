"""The command `noisyweights`: a report on a device's noise, and what holds of the papers' claims.

A command that is asked for its help loads nothing: TensorFlow takes seconds.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from noisyweights import __version__
from noisyweights.files import replacing

__all__ = ["main"]

_JSON = click.option(
    "--json",
    "target",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write JSON there too; - prints it, and nothing else.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="noisyweights")
def main() -> None:
    """Bayesian neural networks whose weights are device noise."""


@main.command()
@_JSON
def claims(target: str | None) -> None:
    """List the claims: published, measured, verdict."""
    from noisyweights.command_line import claim_list

    stated = _or_fail(claim_list.load)
    if target != "-":
        click.echo(claim_list.text(stated))
    if target:
        _write(claim_list.as_json(stated), target)


def _or_fail(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a function; what it raises at bad input is the command's error."""
    try:
        return function(*arguments, **named)
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(str(error.args[0] if isinstance(error, KeyError) else error)) from error


def _write(content: Mapping[str, Any], target: str) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    if target == "-":
        click.echo(text)
        return
    with replacing(Path(target)) as unfinished:
        unfinished.write_text(text + "\n", "utf-8")
