"""The backend follows the setting, or the size where the setting leaves it open."""

import pytest

from app.errors import NotFoundError
from app.neighbours.choice import choose_backend


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(1, "exact"), (300_000, "exact"), (300_001, "faiss-hnsw"), (10**7, "faiss-hnsw")]
)
def test_backend_follows_the_size_when_the_setting_is_auto(n_rows, expected):
    assert choose_backend("auto", n_rows, exact_limit=300_000) == expected


@pytest.mark.parametrize("name", ["exact", "faiss-hnsw"])
def test_backend_is_the_one_named_when_the_setting_names_one(name):
    assert choose_backend(name, 10**6, exact_limit=300_000) == name


def test_unknown_backend_is_refused_when_named():
    with pytest.raises(NotFoundError, match=r"'ball-tree'.*exact.*faiss-hnsw"):
        choose_backend("ball-tree", 10, exact_limit=300_000)
