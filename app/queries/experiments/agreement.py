"""How far the raters of the listening test agree with each network."""

from collections.abc import Sequence
from dataclasses import asdict

from app.queries.experiments.result import Result, make_figure
from app.queries.listening.answers import agreements
from app.queries.listening.questions import CHOICES
from app.settings import Settings
from app.store.snapshots import Level

COLUMNS = ("network", "layer", "raters", "answers", "agreed", "share", "low", "high")


def agreement(settings: Settings, networks: Sequence[str], levels: Sequence[Level]) -> Result:  # noqa: ARG001
    """Sum up the answers, with 95 % confidence intervals by Wilson. Levels play no role."""
    found = [one for one in agreements() if not networks or one.network in networks]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "agreement",
            "x": [f"{one.network} {one.layer}" for one in found],
            "y": [one.share for one in found],
            "error_y": {
                "type": "data",
                "array": [one.high - one.share for one in found],
                "arrayminus": [one.share - one.low for one in found],
            },
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": "by chance",
            "x": [f"{one.network} {one.layer}" for one in found],
            "y": [1 / CHOICES] * len(found),
            "line": {"dash": "dot", "color": "#59606e"},
        },
    ]
    title = "Share of answers that agree with the network, with 95 % confidence intervals"
    y_axis = {"title": {"text": "agreement"}, "range": [0, 1]}
    return Result("Agreement", COLUMNS, [asdict(one) for one in found], make_figure(data, title, {}, y_axis))
