"""``flask webhook-test``: whether a receiver takes what will be sent to it."""

import sys
from typing import TYPE_CHECKING

import click
from flask import current_app

from app import current_settings
from cli.base import EXIT_FAILED, command, dry_run_option

if TYPE_CHECKING:
    from app.services.webhooks.delivery import Sent

JOB_ID = "0" * 32
EVENT = {"status": "test"}


@command(
    "webhook-test",
    examples="""
    flask webhook-test https://example.org/hook
    flask webhook-test https://example.org/hook --dry-run     what would be sent, and whether it may be
    """,
)
@click.argument("url")
@dry_run_option
def webhook_test(url: str, dry_run: bool) -> None:
    """Send one signed event to a receiver, and show it and what the receiver answers."""
    from app.services.webhooks import check_target, send_once
    from app.services.webhooks.delivery import request_headers
    from app.services.webhooks.outbox import encode_body

    settings = current_settings(current_app)
    if dry_run:
        check_target(settings, url)
        body = encode_body(JOB_ID, EVENT)
        _show_request(url, request_headers(settings, JOB_ID, body), body)
        click.echo("Nothing was sent.")
        return
    sent = send_once(settings, url, EVENT, JOB_ID)
    _show_request(url, sent.headers, sent.body)
    _show_answer(sent)
    if sent.result.error is not None:
        click.echo(f"Error: Not delivered: {sent.result.error}.", err=True)
        sys.exit(EXIT_FAILED)


def _show_request(url: str, headers: dict[str, str], body: str) -> None:
    click.echo(f"POST {url}")
    for name, value in headers.items():
        click.echo(f"{name}: {value}")
    click.echo(f"\n{body}\n")


def _show_answer(sent: "Sent") -> None:
    from app.queries.status import printable

    if sent.result.status is None:
        return
    click.echo(f"Answer: status {sent.result.status} after {sent.result.seconds:.2f} s")
    for line in sent.answer.decode("utf-8", "replace").splitlines():
        click.echo(f"  {printable(line)}")


COMMANDS = (webhook_test,)
