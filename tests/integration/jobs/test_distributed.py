"""A library that is spread over workers, and one that is done in shards."""

import pytest
from sqlalchemy import select

from app.models import Extraction, Part, db
from app.services import extract_jobs, scan
from app.services.jobs import queue
from app.services.jobs.run import run_job
from app.services.report import Reporter
from app.services.vectors import VectorExtractor
from tests.clips import write_clip

CLIPS = 5


@pytest.fixture
def settings_overrides(models_dir):
    return {"MODELS_DIR": models_dir}


@pytest.fixture
def catalogued(farm):
    """The farm, with some tracks in its catalogue, two of them the same and one broken."""
    audio = farm.settings.AUDIO_DIR
    for number in range(CLIPS):
        write_clip(audio / f"{number}.wav", number)
    write_clip(audio / "twin.wav", 0)
    (audio / "broken.mp3").write_bytes(b"no audio at all")
    with farm.app.app_context():
        scan.scan(farm.settings, Reporter())
        db.session.remove()
    return farm


def states(farm):
    with farm.app.app_context():
        rows = db.session.execute(
            select(Extraction.state, db.func.count(db.distinct(Extraction.track_id))).group_by(
                Extraction.state
            )
        )
        return dict(rows.all())


def flask(farm, *arguments):
    return farm.app.test_cli_runner().invoke(args=list(arguments))


def test_workers_extract_a_library_when_it_is_distributed(catalogued, monkeypatch):
    monkeypatch.setattr("app.services.extract_jobs.BATCH", 3)
    catalogued.start(2)
    result = flask(catalogued, "extract-all", "--distributed", "--network", "mtt-musicnn")
    assert result.exit_code == 0, result.output + catalogued.log()
    assert "1 failed" in result.output
    assert states(catalogued) == {"done": CLIPS + 1, "failed": 1}
    with catalogued.app.app_context():
        assert db.session.scalar(select(db.func.count(Part.id))) >= 2  # each batch wrote its own
    again = flask(catalogued, "extract-all", "--distributed", "--network", "mtt-musicnn")
    assert "nothing to do" in again.output
    assert flask(catalogued, "verify").exit_code == 0


def test_batches_are_not_asked_for_twice_when_some_wait(embedded_farm, catalogued, monkeypatch):
    if catalogued is not embedded_farm:
        pytest.skip("once is enough")
    monkeypatch.setattr(extract_jobs, "_wait", lambda *_: None)
    with catalogued.app.app_context():
        first = extract_jobs.spread(catalogued.settings, Reporter(), networks=["mtt-musicnn"])
        second = extract_jobs.spread(catalogued.settings, Reporter(), networks=["mtt-musicnn"])
        assert (first.batches, second.batches) == (1, 1)
        assert extract_jobs.list_jobs(kinds=["extract"])[0] == 1


def test_shards_do_all_of_it_when_each_has_run(embedded_farm, catalogued):
    if catalogued is not embedded_farm:
        pytest.skip("once is enough")
    for shard in ("0/2", "1/2"):
        result = flask(catalogued, "extract-all", "--shard", shard, "--network", "mtt-musicnn", "--jobs", "1")
        assert result.exit_code == 0, result.output
    assert states(catalogued) == {"done": CLIPS + 1, "failed": 1}


@pytest.mark.parametrize("shard", ["4/4", "a/b", "1", "-1/2"])
def test_shard_is_refused_when_it_is_none(embedded_farm, shard):
    result = flask(embedded_farm, "extract-all", "--shard", shard)
    assert result.exit_code == 2


def test_more_networks_are_asked_for_when_others_wait_already(embedded_farm, catalogued, monkeypatch):
    if catalogued is not embedded_farm:
        pytest.skip("once is enough")
    monkeypatch.setattr(extract_jobs, "_wait", lambda *_: None)
    with catalogued.app.app_context():
        extract_jobs.spread(catalogued.settings, Reporter(), networks=["mtt-musicnn"])
        both = extract_jobs.spread(catalogued.settings, Reporter(), networks=["mtt-musicnn", "mtt-vgg"])
        assert both.tracks == CLIPS + 2
        assert len(extract_jobs.ids_under_way("extract")) == 2


def test_others_of_a_batch_are_done_when_one_file_is_worse_than_unreadable(
    embedded_farm, catalogued, monkeypatch
):
    if catalogued is not embedded_farm:
        pytest.skip("once is enough")
    extract = VectorExtractor.extract

    def stumble(self, path, *more):
        if path.name == "2.wav":
            raise RuntimeError("a bug")
        return extract(self, path, *more)

    monkeypatch.setattr(VectorExtractor, "extract", stumble)
    with catalogued.app.app_context():
        monkeypatch.setattr(extract_jobs, "_wait", lambda *_: None)
        extract_jobs.spread(catalogued.settings, Reporter(), networks=["mtt-musicnn"])
        run_job(catalogued.app, catalogued.settings, queue.take_next(catalogued.settings, "test"))
        db.session.remove()
    assert states(catalogued) == {"done": CLIPS, "failed": 2}
