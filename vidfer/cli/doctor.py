"""`vidfer doctor`."""

import json
import sys

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> None:
    """Tell what this machine can do: versions, GPU, decoders, weights verified.

    Exit code 1 if something has to be done.
    """
    with reported():
        from vidfer.inspection import as_dicts

        checks = vidfer.doctor()
        if as_json:
            click.echo(json.dumps(as_dicts(checks), indent=2))
        else:
            for check in checks:
                click.echo(f"{'ok ' if check.ok else 'BAD'} {check.name:<16} {check.finding}")
        sys.exit(0 if all(check.ok for check in checks) else 1)
