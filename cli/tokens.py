"""``flask token``: who may use the API from other machines."""

import json
from datetime import timedelta

import click

from app.queries.tokens import SCOPES, Scope
from cli.base import command, dry_run_option, group

DEFAULT_SCOPES = ("read",)
MAX_DAYS = 36_500


@command(
    "create",
    examples="""
    flask token create laptop                                 may read
    flask token create studio --scope read --scope write      may change playlists, too
    flask token create guest --days 7
    """,
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    default=DEFAULT_SCOPES,
    show_default=True,
    help="What it allows; repeatable.",
)
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="How long it is valid; for ever without.")
@dry_run_option
def create(name: str, scopes: tuple[Scope, ...], days: int | None, dry_run: bool) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    from app.services import database
    from app.services.tokens import check_token_name, create_token

    database.check()
    if dry_run:
        check_token_name(name)
        click.echo(f"Would make the token {name} that allows {', '.join(scopes)}.")
        return
    token, facts = create_token(name, scopes, timedelta(days=days) if days else None)
    until = "" if facts.expires_at is None else f", until {facts.expires_at:%Y-%m-%d}"
    click.echo(f"The token {name} allows {', '.join(facts.scopes)}{until}. It is shown only now:", err=True)
    click.echo(token)


@command(
    "list",
    examples="""
    flask token list
    flask token list --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_all(as_json: bool) -> None:
    """List all tokens: names, scopes, and when they were used."""
    from app.queries.tokens import list_tokens
    from app.services import database

    database.check()
    tokens = list_tokens()
    if as_json:
        click.echo(json.dumps([token.to_json() for token in tokens], indent=2))
        return
    if not tokens:
        click.echo("There are no tokens. Make one with: flask token create NAME")
    for token in tokens:
        until = "" if token.expires_at is None else f", until {token.expires_at:%Y-%m-%d}"
        used = "never used" if token.last_used_at is None else f"used {token.last_used_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{token.name:24s} {token.state:9s}{','.join(token.scopes):20s}{used}{until}")


@command(
    "revoke",
    examples="""
    flask token revoke laptop
    flask token revoke laptop --dry-run
    """,
)
@click.argument("name")
@dry_run_option
def revoke(name: str, dry_run: bool) -> None:
    """Let a token open nothing any more, from the next request on."""
    from app.services import database
    from app.services.tokens import find_named, revoke_token

    database.check()
    if dry_run:
        find_named(name)
        click.echo(f"Would revoke the token {name}.")
    elif revoke_token(name):
        click.echo(f"The token {name} opens nothing any more.")
    else:
        click.echo(f"The token {name} was revoked already.")


token = group(
    "token",
    (create, list_all, revoke),
    help="Make, list and revoke the tokens that let other machines in.",
    examples="""
    flask token create laptop --scope read
    flask token list
    flask token revoke laptop
    """,
)

COMMANDS = (token,)
