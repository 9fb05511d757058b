"""Every projection and every index is in docs/projections.md."""

import pytest

from app.neighbours import BACKENDS
from app.reducers import REDUCERS
from app.settings import PROJECT_DIR


@pytest.mark.parametrize("name", [*REDUCERS.names(), *BACKENDS.names()])
def test_entry_has_its_row_in_the_documentation(name):
    assert f"\n| `{name}` |" in (PROJECT_DIR / "docs/projections.md").read_text("utf-8")
