"""The command `noisyweights`: a report on a device's noise, what holds of the claims, and what networks cost.

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
        _give(claim_list.as_json(stated), target)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", help="The column to take, by its heading or its place from 1.")
@click.option("--cell", help="The cell to take, of several: by its label or its place from 1.")
@click.option("--read-energy", type=click.FloatRange(min=0), metavar="PJ", help="Energy of one read, in pJ.")
@click.option("--no-networks", is_flag=True, help="Leave out the trained networks: some seconds less.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the page with the figures goes; by default beside you, under the file's name.",
)
@_JSON
def device(
    *,
    file: Path,
    column: str | None,
    cell: str | None,
    read_energy: float | None,
    no_networks: bool,
    page: Path | None,
    target: str | None,
) -> None:
    """Report on a noise file: can this device be a Bayesian weight?"""
    from noisyweights import datasets
    from noisyweights.device_report import as_json, html_page, report, screen

    trace = _or_fail(datasets.read_noise, file, column=_place(column), cell=_place(cell))
    found = _or_fail(report.of_trace, trace, read_pJ=read_energy, networks=not no_networks, seed=0)
    page = page or Path(f"{trace.name}-report.html")
    if target != "-":
        click.echo(screen.text(found))
        _or_fail(_write, html_page.page(found), page)
        click.echo(f"\nFigures: {page}")
    if target:
        _give(as_json.content(found), target)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--design",
    type=click.Choice(["weights", "scales", "coins", "digital"]),
    default="weights",
    show_default=True,
    help="Random weights, random scales or coins on an array, or random weights in digital logic.",
)
@click.option(
    "--passes", type=click.IntRange(min=1), default=1, show_default=True, help="Draws in a prediction."
)
@click.option(
    "--figures",
    "own",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML with figures of your own in place of ours: change what `noisyweights figures` prints.",
)
@_JSON
def bill(*, model: Path, design: str, passes: int, own: Path | None, target: str | None) -> None:
    """Count what a saved Keras network costs: energy, time, area and storage by layer."""
    from noisyweights.command_line import network_bill

    found = _or_fail(network_bill.count, model, design=design, passes=passes, figures=own)
    if target != "-":
        click.echo(network_bill.text(found))
    if target:
        _give(network_bill.as_json(found), target)


@main.command()
def figures() -> None:
    """Print all figures behind the bills as YAML, with ranges, units and sources."""
    from noisyweights.hardware.costs import own_figures

    click.echo(own_figures.template(), nl=False)


def _place(name: str | None) -> str | int | None:
    """A place where a name is a number."""
    return int(name) if name and name.isdecimal() else name


def _or_fail(function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a function; what it raises at bad input is the command's error."""
    try:
        return function(*arguments, **named)
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(str(error.args[0] if isinstance(error, KeyError) else error)) from error


def _give(content: Mapping[str, Any], target: str) -> None:
    """Print JSON, or write it into a file."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    if target == "-":
        click.echo(text)
    else:
        _or_fail(_write, text + "\n", Path(target))


def _write(text: str, file: Path) -> None:
    with replacing(file) as unfinished:
        unfinished.write_text(text, "utf-8")
