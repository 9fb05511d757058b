"""Sending: what is due goes out, a few at a time, and what came of it is written down."""

import email.utils
import http.client
import logging
import math
import ssl
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.errors import InputError
from app.models import db
from app.services.webhooks.client import Answer, Deadline, post
from app.services.webhooks.outbox import (
    LEASE_GRACE,
    Claim,
    Result,
    claim_next,
    count_due_targets,
    encode_body,
    record,
)
from app.services.webhooks.signature import sign
from app.services.webhooks.targets import Resolve, find_addresses, parse_target, require_secret
from app.settings import Settings
from app.version import VERSION

AT_ONCE: Final = 4
_SUCCESS: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SendReport:
    """What a round of sending has done.

    Attributes
    ----------
    delivered, postponed, failed : int
        Deliveries that were taken, that are tried again later, that were given up.
    """

    delivered: int = 0
    postponed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Sent:
    """One try.

    Attributes
    ----------
    headers : dict
        Of the request, as far as they are ours.
    body : str
        Of the request.
    result : Result
        What came of it.
    answer : bytes
        The beginning of the answer's body.
    """

    headers: dict[str, str]
    body: str
    result: Result
    answer: bytes = b""


def send_due(settings: Settings, limit: int = 100, *, resolve: Resolve | None = None) -> SendReport:
    """Send what is due, at most ``limit`` deliveries, and return when that is done.

    Takes at most twice ``WEBHOOK_TIMEOUT_SECONDS``, what the database takes aside: then the rest is left to
    the next call. Any number of senders may do this at once. Nothing is sent while ``WEBHOOK_SECRET`` is not
    set; what is due waits.

    Parameters
    ----------
    resolve : callable, optional
        Finds the IP addresses of a name; the system's resolver by default.
    """
    if not settings.WEBHOOK_SECRET.get_secret_value():
        return SendReport()
    engine = db.engine
    with Session(engine) as session:
        workers = min(AT_ONCE, limit, count_due_targets(session))
    if not workers:
        return SendReport()
    round_ = _Round(settings, engine, resolve, limit)
    with ThreadPoolExecutor(workers, thread_name_prefix="webhook") as pool:
        try:
            states = [future.result() for future in [pool.submit(round_.work) for _ in range(workers)]]
        finally:
            round_.stop()
    counts = sum(states, Counter())
    return SendReport(counts["delivered"], counts["pending"], counts["failed"])


def send_once(
    settings: Settings, url: str, event: Mapping[str, Any], job_id: str, *, resolve: Resolve | None = None
) -> Sent:
    """Send an event, once and now, without a row in the outbox.

    Returns
    -------
    Sent
        That the target may not be sent to is said by its result, like all that goes wrong on the way.

    Raises
    ------
    InputError
        If ``WEBHOOK_SECRET`` is not set, or the address is none.
    """
    require_secret(settings)
    parse_target(url)
    return _send(settings, url, uuid.uuid4().hex, encode_body(job_id, event), resolve)


def request_headers(settings: Settings, delivery_id: str, body: str) -> dict[str, str]:
    """Return the headers that go with a body now.

    Raises
    ------
    InputError
        If ``WEBHOOK_SECRET`` is not set.
    """
    signed = sign(require_secret(settings), delivery_id, body.encode())
    return {"Content-Type": "application/json", "User-Agent": f"music-explore/{VERSION}", **signed}


class _Round:
    """What the threads of one round share."""

    def __init__(self, settings: Settings, engine: Engine, resolve: Resolve | None, limit: int) -> None:
        self._settings = settings
        self._engine = engine
        self._resolve = resolve
        self._left = threading.Semaphore(limit)
        self._stopped = threading.Event()
        self._last_start = time.monotonic() + settings.WEBHOOK_TIMEOUT_SECONDS

    def stop(self) -> None:
        """Let no thread start another try."""
        self._stopped.set()

    def work(self) -> "Counter[str]":
        """Send one delivery after the other until nothing is due; count the states that came of it."""
        states: Counter[str] = Counter()
        while not self._stopped.is_set() and time.monotonic() < self._last_start:
            if not self._left.acquire(blocking=False):
                break
            state = self._send_next()
            if state is None:
                break
            states[state] += 1
        return states

    def _send_next(self) -> str | None:
        settings = self._settings
        with Session(self._engine) as session:
            claim = claim_next(session, settings.WEBHOOK_TIMEOUT_SECONDS + LEASE_GRACE)
        if claim is None:
            return None
        result = _send(settings, claim.url, claim.delivery_id, claim.body, self._resolve).result
        with Session(self._engine) as session:
            state = record(session, claim, result, settings.WEBHOOK_TRIES)
        _log(claim, result, state)
        return state


def _log(claim: Claim, result: Result, state: str) -> None:
    """Say what came of a try: never the whole address, which may hold secrets of the receiver."""
    level = logging.INFO if state == "delivered" else logging.WARNING
    outcome = result.error or f"status {result.status}"
    message = "webhook %s to %s, try %d: %s (%s)"
    logger.log(level, message, claim.delivery_id, claim.target, claim.tries, state, outcome)


def _send(settings: Settings, url: str, delivery_id: str, body: str, resolve: Resolve | None) -> Sent:
    """Try once, whatever happens; from the look-up of the name on within ``WEBHOOK_TIMEOUT_SECONDS``."""
    started = time.monotonic()
    deadline = Deadline.within(settings.WEBHOOK_TIMEOUT_SECONDS)
    headers = request_headers(settings, delivery_id, body)
    answer = None
    try:
        target = parse_target(url)
        addresses = find_addresses(settings, target, deadline.left(), resolve)
        answer = post(target, addresses, body.encode(), headers, deadline)
        error = _judge(answer)
    except (InputError, OSError, http.client.HTTPException, ValueError) as problem:
        error = _explain(problem, deadline)
    seconds = time.monotonic() - started
    if answer is None:
        return Sent(headers, body, Result(None, error, seconds))
    gone = answer.status == http.HTTPStatus.GONE
    result = Result(answer.status, error, seconds, _seconds_of(answer.retry_after), gone)
    return Sent(headers, body, result, answer.body)


def _judge(answer: Answer) -> str | None:
    if answer.status in _SUCCESS:
        return None
    if answer.status in _REDIRECTS:
        return f"the target redirects ({answer.status}), which is not followed: give the address it leads to"
    return f"the target has answered {answer.status}"


def _explain(problem: Exception, deadline: Deadline) -> str:
    if isinstance(problem, InputError):
        return str(problem)
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"the target's certificate is not valid: {problem.verify_message}"
    if isinstance(problem, TimeoutError):
        return f"the target has not answered within {deadline.seconds:g} s"
    if isinstance(problem, OSError):
        return f"the target cannot be reached: {problem.strerror or problem}"
    return f"the target's answer is no HTTP ({type(problem).__name__})"


def _seconds_of(retry_after: str | None) -> float | None:
    """Read the header ``Retry-After``: seconds, or a date."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
