"""What jobs survive: workers, brokers and databases that die, and jobs that kill."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from app.errors import StorageError, WorkerError
from app.models import db
from app.queries.jobs import find_job
from app.services.jobs import control, queue, upkeep
from app.services.jobs.queue import NewJob
from app.services.jobs.run import run_job


def lines(path):
    return path.read_text().split() if path.exists() else []


def test_job_is_done_when_a_worker_is_there(farm, tmp_path):
    farm.start()
    job = farm.wait(farm.add("note", file=str(tmp_path / "notes"), steps=3))
    assert job.state == "finished"
    assert job.tries == 1
    assert len(lines(tmp_path / "notes")) == 1


def test_job_is_done_by_another_when_its_worker_is_killed(farm, tmp_path):
    notes = tmp_path / "notes"
    farm.start()
    job_id = farm.add("note", file=str(notes), steps=60)
    farm.wait(job_id, lambda job: job.done > 0)
    farm.stop()
    farm.start()
    job = farm.wait(job_id)
    assert (job.state, job.tries) == ("finished", 2)
    first, second = lines(notes)
    assert first != second


def test_result_is_written_once_when_a_silent_worker_comes_back(embedded_farm, tmp_path):
    farm = embedded_farm
    job_id = farm.add("note", file=str(tmp_path / "notes"))
    with farm.app.app_context():
        first = queue.take_next(farm.settings, "silent")
        farm.wait(job_id, lambda _: upkeep.take_back_abandoned(farm.settings) > 0)
        second = queue.take_next(farm.settings, "other")
        assert second.id == first.id
        assert queue.finish(farm.settings, second, {"by": "other"}, {})
        db.session.commit()
        assert not queue.finish(farm.settings, first, {"by": "silent"}, {})
        assert not queue.fail(farm.settings, first, WorkerError("gone"))
        db.session.rollback()
        assert db.session.get(queue.Job, job_id).result == {"by": "other"}


def test_reason_names_no_folder_of_the_server_when_a_job_fails(embedded_farm, tmp_path):
    farm = embedded_farm
    job_id = farm.add("note", file=str(tmp_path / "notes"))
    with farm.app.app_context():
        taken = queue.take_next(farm.settings, "worker")
        assert queue.fail(farm.settings, taken, StorageError(f"Cannot write {farm.settings.ROOT_DIR}/a/b."))
        db.session.commit()
        assert find_job(job_id).error == "Cannot write ROOT_DIR/a/b."


def test_poison_fails_and_others_go_on_when_it_kills_every_worker(farm, tmp_path):
    poison = farm.add("poison")
    others = [farm.add("note", file=str(tmp_path / "notes")) for _ in range(4)]

    def look(job):
        if not any(worker.poll() is None for worker in farm.workers):
            farm.start()  # what a pool, or whatever watches the workers, does
        return job.has_ended

    job = farm.wait(poison, look)
    assert (job.state, job.error_code, job.tries) == ("failed", "worker_died", 3)
    assert "3 times" in job.error
    assert {farm.wait(other, look).state for other in others} == {"finished"}
    assert len(lines(tmp_path / "notes")) == 4


def test_each_job_is_done_once_when_it_is_handed_over_twice(farm, tmp_path):
    from app.services.jobs import runners

    ids = [farm.add("note", file=str(tmp_path / str(number))) for number in range(8)]
    with farm.app.app_context():
        for job_id in ids:
            runners.hand(farm.settings, job_id)
    farm.start(2)
    assert {farm.wait(job_id).tries for job_id in ids} == {1}
    assert [len(lines(tmp_path / str(number))) for number in range(8)] == [1] * 8


def test_two_jobs_about_the_same_never_run_together_when_many_workers_wait(farm):
    with farm.app.app_context():
        for number in range(6):
            queue.add_job(farm.settings, NewJob("note", "n", {"number": number}, subject="audio"))
        taken = queue.take_next(farm.settings, "a")
        assert taken is not None
        assert queue.take_next(farm.settings, "b") is None
        assert queue.finish(farm.settings, taken, None, {})
        db.session.commit()
        assert queue.take_next(farm.settings, "b") is not None


def test_one_gets_each_job_when_many_take_at_once(farm):
    ids = {farm.add("note", file="nowhere") for _ in range(20)}

    def take_all(worker):
        found = []
        with farm.app.app_context():
            while (taken := queue.take_next(farm.settings, worker)) is not None:
                found.append(taken.id)
            db.session.remove()
        return found

    with ThreadPoolExecutor(4) as threads:
        shares = list(threads.map(take_all, "abcd"))
    assert sorted(job_id for share in shares for job_id in share) == sorted(ids)


def test_job_stops_when_it_is_cancelled(farm, tmp_path):
    farm.start()
    job_id = farm.add("note", file=str(tmp_path / "notes"), steps=2000)
    farm.wait(job_id, lambda job: job.state == "running")
    with farm.app.app_context():
        control.cancel(farm.settings, job_id)
    assert farm.wait(job_id).state == "cancelled"
    after = farm.add("note", file=str(tmp_path / "notes"))
    assert farm.wait(after).state == "finished"


def test_cancelled_job_ends_its_worker_when_it_does_not_listen(embedded_farm):
    farm = embedded_farm
    farm.start()
    job_id = farm.add("deaf")
    farm.wait(job_id, lambda job: job.state == "running")
    with farm.app.app_context():
        control.cancel(farm.settings, job_id)
    assert farm.wait(job_id).state == "cancelled"
    assert farm.workers[0].wait(30) == 75


def test_job_goes_back_when_its_worker_is_told_to_end(embedded_farm, tmp_path):
    farm = embedded_farm
    farm.start()
    job_id = farm.add("note", file=str(tmp_path / "notes"), steps=2000)
    farm.wait(job_id, lambda job: job.done > 0)
    os.kill(farm.workers[0].pid, signal.SIGINT)
    farm.workers[0].wait(30)
    job = farm.look(job_id)
    assert (job.state, job.tries) == ("queued", 0)


def test_jobs_are_done_when_the_broker_is_restarted_under_load(celery_farm, redis, tmp_path):
    farm = celery_farm
    farm.start(2)
    ids = [farm.add("note", file=str(tmp_path / "notes"), steps=4) for _ in range(10)]
    farm.wait(ids[0])
    redis.stop()  # with all messages that nobody has read
    ids += [farm.add("note", file=str(tmp_path / "notes"), steps=1) for _ in range(3)]
    redis.start()
    with farm.app.app_context():
        db.session.execute(db.update(queue.Job).values(handed_at=0))  # as if it were long ago
        db.session.commit()
    assert {farm.wait(job_id).state for job_id in ids} == {"finished"}


def test_jobs_are_done_when_the_database_is_restarted_under_load(celery_farm, postgresql, tmp_path):
    farm = celery_farm
    farm.start(2)
    ids = [farm.add("note", file=str(tmp_path / "notes"), steps=20) for _ in range(4)]
    farm.wait(ids[0], lambda job: job.state == "running")
    with farm.app.app_context():
        db.session.remove()
        db.engine.dispose()
    postgresql.stop()
    postgresql.start()
    with farm.app.app_context():
        db.engine.dispose()
    assert {farm.wait(job_id).state for job_id in ids} == {"finished"}


def test_leases_hold_when_a_workers_clock_is_wrong(celery_farm, monkeypatch):
    farm = celery_farm
    job_id = farm.add("note", file="nowhere")
    with farm.app.app_context():
        monkeypatch.setattr("time.time", lambda: 0.0)
        taken = queue.take_next(farm.settings, "skewed")
        assert upkeep.take_back_abandoned(farm.settings) == 0
        assert queue.keep(farm.settings, taken, {}) is False
    assert farm.look(job_id).state == "running"


def test_two_jobs_about_the_same_never_run_together_when_many_take_at_once(farm):
    with farm.app.app_context():
        for number in range(30):
            queue.add_job(
                farm.settings, NewJob("note", "n", {"number": number}, subject=f"audio {number // 2}")
            )

    def take_all(worker):
        with farm.app.app_context():
            found = []
            while (taken := queue.take_next(farm.settings, worker)) is not None:
                found.append(taken.subject)
            db.session.remove()
            return found

    with ThreadPoolExecutor(4) as threads:
        subjects = [subject for share in threads.map(take_all, "abcd") for subject in share]
    assert sorted(subjects) == sorted(set(subjects))
    assert len(subjects) == 15


def test_cancelled_job_ends_when_the_library_is_busy(embedded_farm):
    farm = embedded_farm
    with farm.app.app_context():
        job_id = farm.add("busy")
        taken = queue.take_next(farm.settings, "test")
        control.cancel(farm.settings, job_id)
        run_job(farm.app, farm.settings, taken)
        db.session.remove()
    assert farm.look(job_id).state == "cancelled"


def test_job_fails_when_its_kind_is_not_known(embedded_farm):
    farm = embedded_farm
    farm.start()
    job = farm.wait(farm.add("of tomorrow"))
    assert (job.state, "does not know" in job.error) == ("failed", True)
    assert farm.workers[0].poll() is None
