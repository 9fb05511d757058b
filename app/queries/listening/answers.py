"""What raters answered, and how far they agree with each network."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import case, func, select

from app.models import ListeningAnswer, db
from app.queries.listening.questions import CHOICES

Z_95 = 1.959963984540054  # two-sided 95 % of the normal distribution
ROWS_AT_ONCE = 1000
CSV_COLUMNS = (
    "answered_at",
    "rater",
    "question",
    "snapshot",
    "network",
    "layer",
    "reference",
    *(f"choice_{number + 1}" for number in range(CHOICES)),
    "nearest",
    "chosen",
    "agrees",
)


@dataclass(frozen=True)
class Agreement:
    """How often raters chose the segment that a network finds nearest.

    Attributes
    ----------
    share : float
        ``agreed / answers``; by chance it is 1/3.
    low, high : float
        Ends of the 95 % confidence interval of the share, by Wilson.
    """

    network: str
    layer: str
    raters: int
    answers: int
    agreed: int
    share: float
    low: float
    high: float


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the confidence interval of a share by the score method [1]_, which holds for few trials, too.

    Parameters
    ----------
    successes, trials : int
        At least one trial.
    z : float
        Quantile of the normal distribution.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
       the American Statistical Association 22 (1927), pp. 209-212.
    """
    share = successes / trials
    middle = share + z**2 / (2 * trials)
    half = z * float(np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)))
    scale = 1 + z**2 / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def agreements() -> list[Agreement]:
    """Return the agreement with each network that was asked about, in the order of names."""
    agreed = func.sum(case((ListeningAnswer.nearest == ListeningAnswer.chosen, 1), else_=0))
    space = (ListeningAnswer.network, ListeningAnswer.layer)
    raters = func.count(ListeningAnswer.rater.distinct())
    query = select(*space, raters, func.count(), agreed).group_by(*space).order_by(*space)
    return [
        Agreement(network, layer, raters, n, k, k / n, *wilson_interval(k, n))
        for network, layer, raters, n, k in db.session.execute(query)
    ]


def summary() -> dict[str, Any]:
    """Return how many answers there are and the agreement with each network, as plain values."""
    found = agreements()
    return {
        "answers": sum(one.answers for one in found),
        "raters": db.session.scalar(select(func.count(ListeningAnswer.rater.distinct()))) or 0,
        "chance": 1 / CHOICES,
        "networks": [asdict(one) for one in found],
    }


def answers_csv() -> Iterator[str]:
    """Yield all answers as CSV, the header first. Places among the choices are counted from 1."""
    yield _csv_line(CSV_COLUMNS)
    query = select(ListeningAnswer).order_by(ListeningAnswer.id)
    for answer in db.session.scalars(query.execution_options(yield_per=ROWS_AT_ONCE)):
        yield _csv_line(
            (
                answer.answered_at.isoformat(timespec="seconds"),
                answer.rater,
                answer.question,
                answer.snapshot,
                answer.network,
                answer.layer,
                answer.reference,
                *answer.choices.split(),
                answer.nearest + 1,
                answer.chosen + 1,
                int(answer.nearest == answer.chosen),
            )
        )


def _csv_line(values: tuple[Any, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
