"""One writer per library."""

import multiprocessing
import os
import signal
import threading
import time

import pytest

from app.errors import BusyError
from app.services.lock import library_lock
from app.settings import read_settings
from app.store.progress import LOCK_FILE

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def settings(tmp_path):
    return read_settings({"ROOT_DIR": tmp_path})


@pytest.fixture
def holder(settings):
    """A process that has the lock, and has a worker."""
    ready, stop = FORK.Event(), FORK.Event()

    def work():
        ready.set()
        stop.wait(60)

    def hold():
        with library_lock(settings):
            FORK.Process(target=work).start()
            time.sleep(60)

    process = FORK.Process(target=hold)
    process.start()
    assert ready.wait(60)
    yield process
    stop.set()
    process.kill()
    process.join()


def test_the_holder_is_named_when_another_process_has_the_lock(settings, holder):
    with pytest.raises(BusyError, match=rf"process {holder.pid}\)"), library_lock(settings):
        pass


def test_the_lock_is_free_when_its_holder_was_killed_and_a_worker_lives_on(settings, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    with library_lock(settings):
        assert (settings.ROOT_DIR / LOCK_FILE).read_text() == f"{os.getpid()}\n"


def test_a_thread_may_take_the_lock_again_and_another_may_not(settings):
    refused = []

    def take():
        try:
            with library_lock(settings):
                pass
        except BusyError as error:
            refused.append(error)

    def take_elsewhere():
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()

    with library_lock(settings):
        with library_lock(settings):
            pass
        take_elsewhere()
    assert len(refused) == 1
    take_elsewhere()
    assert len(refused) == 1


def test_the_lock_is_free_when_the_block_fails(settings):
    with pytest.raises(ZeroDivisionError), library_lock(settings):
        raise ZeroDivisionError
    with library_lock(settings):
        pass


def test_libraries_are_locked_apart(settings, tmp_path):
    other = read_settings({"ROOT_DIR": tmp_path / "other"})
    with library_lock(settings), library_lock(other):
        pass
