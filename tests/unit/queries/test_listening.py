import re

import numpy as np
import pytest
from scipy.stats import binomtest
from sqlalchemy import delete, update

from app.errors import EmptyLibraryError, NotFoundError
from app.models import ListeningAnswer, Track, db
from app.neighbours.knn import knn_graph
from app.queries.listening import questions
from app.queries.listening.answers import agreements, answers_csv, wilson_interval
from app.queries.listening.questions import make_question, new_question
from app.services.listening import keep_answer
from app.store.snapshots import Space

RATER = "0123456789abcdef"


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (26, 40), (3, 9), (0, 500)])
def test_interval_is_wilsons(successes, trials):
    truth = binomtest(successes, trials).proportion_ci(0.95, "wilson")
    assert wilson_interval(successes, trials) == pytest.approx((truth.low, truth.high), abs=1e-12)


def test_one_choice_is_the_nearest_segment_of_another_track(context, library):
    files = library.files
    networks, places = set(), set()
    for _ in range(12):
        question = new_question(context)
        networks.add(question.network)
        places.add(question.nearest)
        tracks = [question.reference.track, *(choice.track for choice in question.choices)]
        assert len(set(tracks)) == 4
        space = Space(question.network, question.layer, "segments")
        offsets, vectors = files.offsets(question.network), files.vectors(space)
        row = offsets[question.reference.track - 1] + question.reference.segment
        near = knn_graph(vectors, len(vectors) - 1, queries=vectors[row : row + 1]).indices[0]
        track_of = np.searchsorted(offsets, near, side="right")
        nearest = near[track_of != question.reference.track][0]
        chosen = question.choices[question.nearest]
        assert offsets[chosen.track - 1] + chosen.segment == nearest
    assert networks == {"mtt-musicnn", "audioset-vggish"}
    assert len(places) > 1


def test_question_is_the_same_when_it_is_made_again_and_tells_no_answer(context):
    question = new_question(context)
    assert make_question(context, question.name) == question
    told = question.to_json()
    assert set(told) == {"question", "reference", "choices"}
    assert all(set(sound) == {"audio", "start", "end"} for sound in (told["reference"], *told["choices"]))


@pytest.mark.parametrize("change", [lambda name: name[:-1], lambda name: "x" + name, lambda name: name + "g"])
def test_question_is_not_known_when_its_name_is_another(context, change):
    with pytest.raises(NotFoundError, match="has changed"):
        make_question(context, change(new_question(context).name))


def test_copies_and_silent_tracks_are_no_choice(own_context):
    db.session.execute(update(Track).where(Track.id <= 6).values(content_hash="same"))
    silent = update(Track).where(Track.id.in_([7, 8])).values(state="missing", external_id=None)
    db.session.execute(silent)
    for _ in range(20):
        question = new_question(own_context)
        tracks = [question.reference.track, *(choice.track for choice in question.choices)]
        assert not {7, 8} & set(tracks)
        if tracks[0] <= 6:
            assert min(tracks[1:]) > 6


def test_nothing_is_asked_when_there_are_too_few_tracks(own_context):
    db.session.execute(update(Track).where(Track.id > 3).values(state="missing", external_id=None))
    with pytest.raises(EmptyLibraryError, match="at least 4"):
        new_question(own_context)


def test_answers_are_kept_once_and_summed_up(own_context, monkeypatch):
    monkeypatch.setattr(questions, "metadata_version", lambda: "unchanged")
    asked = [new_question(own_context) for _ in range(6)]
    for number, question in enumerate(asked):
        chosen = question.nearest if number % 2 else (question.nearest + 1) % 3
        for _ in range(2):
            given = keep_answer(own_context, rater=RATER, question=question.name, chosen=chosen)
        assert given == number + 1
    keep_answer(own_context, rater="f" * 16, question=asked[0].name, chosen=asked[0].nearest)
    found = agreements()
    assert sum(one.answers for one in found) == 7
    assert sum(one.agreed for one in found) == 4
    for one in found:
        assert one.low <= one.share == one.agreed / one.answers <= one.high
    lines = [line.rstrip("\r\n").split(",") for line in answers_csv()]
    assert lines[0][:3] == ["answered_at", "rater", "question"]
    assert [len(line) for line in lines] == [13] * 8
    assert [line[2] for line in lines[1:7]] == [question.name for question in asked]
    assert lines[1][7:10] == [str(choice) for choice in asked[0].choices]
    assert [line[-1] for line in lines[1:]] == ["0", "1", "0", "1", "0", "1", "1"]
    assert re.fullmatch(r"\d+:\d+", lines[1][6])
    db.session.execute(delete(ListeningAnswer))
    assert agreements() == []
