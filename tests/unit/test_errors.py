"""Errors on their way between processes."""

import pickle
from pathlib import Path

from app.errors import AudioError
from app.networks.weights.frozen_graph import DamagedGraphError


def test_error_is_the_same_when_it_has_travelled() -> None:
    for error in (AudioError("not audio"), DamagedGraphError(Path("x/mtt-vgg.pb"), "cut short")):
        arrived = pickle.loads(pickle.dumps(error))
        assert (type(arrived), str(arrived), arrived.__dict__) == (type(error), str(error), error.__dict__)
