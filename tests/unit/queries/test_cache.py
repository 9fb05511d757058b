from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.queries.cache import Cache


def test_result_is_computed_once_when_several_ask_for_it():
    cache: Cache[int] = Cache(2)
    computed = []
    together = Barrier(8)

    def ask(_):
        together.wait()
        return cache.get("a", lambda: computed.append(1) or 7)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [7] * 8
    assert computed == [1]


def test_results_that_nobody_asked_for_lately_go_first_when_there_are_too_many():
    cache: Cache[str] = Cache(2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda key=key: key)
    assert cache.get("a", lambda: "again") == "a"
    assert cache.get("b", lambda: "again") == "again"


def test_nothing_is_kept_when_computing_fails():
    cache: Cache[int] = Cache(2)
    for _ in range(2):
        try:
            cache.get("a", lambda: 1 // 0)
        except ZeroDivisionError:
            continue
    assert cache.get("a", lambda: 1) == 1
