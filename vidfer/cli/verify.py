"""`vidfer verify`."""

import json
import sys
from pathlib import Path

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("verify")
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(output: Path, as_json: bool) -> None:
    """Tell whether the results in OUTPUT are still what was written.

    Every byte is read; nothing is changed. One line per damaged or missing file says what
    is wrong and what to do. Exit code: 0 all well, 1 something is damaged or missing, 2
    there are no results.
    """
    with reported():
        found = vidfer.verify(output)
        click.echo(json.dumps(found.as_dict(), indent=2) if as_json else found.as_text())
        sys.exit(found.exit_code)
