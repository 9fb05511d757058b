"""Work in threads, and signals that come while it is under way."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from app.settings import PROJECT_DIR
from app.threads import in_batches, signals_deferred


def test_results_are_in_the_order_of_the_items():
    batches = in_batches(lambda number: number * number, range(7), threads=3, batch=3)
    assert list(batches) == [[0, 1, 4], [9, 16, 25], [36]]


def test_error_of_an_item_is_raised():
    def fail(number):
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        list(in_batches(fail, range(3), threads=2, batch=2))


def test_signal_is_answered_at_the_end_of_the_block_when_it_comes_within():
    def work():
        with signals_deferred():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("all of the block")

    done = []
    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_signals_are_left_alone_in_other_threads():
    def work():
        with signals_deferred():
            handlers.append(signal.getsignal(signal.SIGINT))

    handlers = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


PROGRAM = """
import signal
from app.threads import in_batches

while True:
    for _ in in_batches(abs, range(64), threads=4, batch=16):
        print("at work", flush=True)
"""


@pytest.mark.parametrize("attempt", [0, 3])
def test_program_ends_when_interrupted_at_any_moment(attempt):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(10 * attempt + 1):
        program.stdout.readline()
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
