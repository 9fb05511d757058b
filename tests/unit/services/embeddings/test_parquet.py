"""Foreign embeddings in a Parquet file, or in records that say themselves where they belong."""

import duckdb
import numpy as np
import pytest

from app.errors import InputError, MissingExtraError
from app.registry import Requirement
from app.services.embeddings import parquet
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.report import Reporter
from tests.unit.services.embeddings.conftest import NAME, VALUES, files_of


@pytest.fixture
def write_parquet(tmp_path):
    def write_parquet(query):
        path = tmp_path / "values.parquet"
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path

    return write_parquet


@pytest.mark.parametrize(
    "columns",
    [
        "track, start, a, b",
        "track, segment, [a, b] AS vector",
        "track, segment, start, [a, b]::FLOAT[2] AS vector",
        "path, segment, a::DECIMAL(9, 2) AS a, b",
    ],
)
def test_parquet_is_read_block_by_block(settings, tracks, write_parquet, published, monkeypatch, columns):
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 3)
    rows = (
        "SELECT 1 + i % 2 AS track, if(i % 2 = 0, 'a, the first.mp3', 'b/two.mp3') AS path, "
        "(i // 2)::INTEGER AS segment, (i // 2) * 1.5 AS start, i::FLOAT AS a, i / 2 AS b FROM range(7) t(i)"
    )
    path = write_parquet(f"SELECT {columns} FROM ({rows})")
    import_embeddings(settings, Reporter(), ImportRequest(NAME, path, segment_seconds=1.5))
    _, vectors, ids = published()
    assert ids.tolist() == [1, 2]
    assert vectors.tolist() == [[i, i / 2] for i in (0, 2, 4, 6, 1, 3, 5)]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT 1 AS track, 'x' AS title", "The column 'title' of .* holds VARCHAR"),
        ("SELECT 1 AS track, true AS flag", "The column 'flag' of .* holds BOOLEAN"),
        ("SELECT 1 AS track, [[1.0]] AS v", "The column 'v' of .* holds DECIMAL"),
        ("SELECT 1 AS track", "must have columns of numbers"),
        ("SELECT 1 AS track, [1.0] AS v, [2.0] AS w", "or one column of lists"),
        ("SELECT 1.0 AS a", "no column 'track' or 'path'"),
        ("SELECT 1 AS track, 1.0 AS a WHERE false", "has no rows"),
        ("SELECT NULL::INT AS track, 1.0 AS a", "does not say of every row where it belongs"),
        ("SELECT 1 AS track, 0.5 AS segment, 1.0 AS a", "counted in whole numbers"),
        (
            "SELECT i AS track, if(i = 1, [1.0], [1.0, 2.0]) AS v FROM range(3) t(i)",
            "not all of the same length",
        ),
        ("SELECT 1 AS track, NULL::FLOAT[] AS v UNION ALL SELECT 2, [1.0]", "not all of the same length"),
    ],
)
def test_parquet_is_refused_when_its_columns_are_others(settings, tracks, write_parquet, query, says):
    with pytest.raises(InputError, match=says):
        import_embeddings(settings, Reporter(), ImportRequest(NAME, write_parquet(query)))
    assert files_of(settings) == []


def test_file_is_read_alone_when_its_name_would_mean_others(settings, tracks, write_parquet, published):
    other = write_parquet("SELECT 1 AS track, 5.0 AS a")
    path = write_parquet("SELECT 1 AS track, 7.0 AS a").rename(other.with_name("val*[u]?s.parquet"))
    write_parquet("SELECT 2 AS track, 9.0 AS a").rename(other.with_name("valuuus.parquet"))
    import_embeddings(settings, Reporter(), ImportRequest(NAME, path))
    assert published()[1].tolist() == [[7.0]]


def test_missing_values_leave_their_track_out(settings, tracks, write_parquet):
    path = write_parquet("SELECT 1 AS track, 1.0 AS a, NULL::FLOAT AS b UNION ALL SELECT 2, 1.0, 2.0")
    found = import_embeddings(settings, Reporter(), ImportRequest(NAME, path))
    assert [one.track.id for one in found.rejected] == [1]


def test_parquet_is_refused_when_it_is_cut_short(settings, tracks, write_parquet):
    path = write_parquet("SELECT 1 AS track, 1.0 AS a")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="may be cut short"):
        import_embeddings(settings, Reporter(), ImportRequest(NAME, path))


def test_way_out_is_told_when_the_reader_is_not_installed(settings, tracks, write_parquet, monkeypatch):
    monkeypatch.setattr(parquet, "DUCKDB", Requirement("no_such_package", "pip install it"))
    with pytest.raises(MissingExtraError, match="Install it with: pip install it"):
        import_embeddings(
            settings, Reporter(), ImportRequest(NAME, write_parquet("SELECT 1 AS track, 1.0 AS a"))
        )


def test_records_say_themselves_where_they_belong(take, settings, published, tmp_path):
    kind = [("track", "<i4"), ("segment", "<i4"), ("start", "<f4"), ("vector", "<f2", (6,))]
    records = np.zeros(3, kind)
    records["track"], records["segment"], records["vector"] = [2, 1, 2], [1, 0, 0], VALUES[:3]
    take(records, segment_seconds=1)
    np.testing.assert_array_equal(published()[1], VALUES[[1, 2, 0]].astype(np.float16))
    records["segment"] = -1
    with pytest.raises(InputError, match=r"Track 2 .* has 2 rows"):
        take(records, replace=True)
    with pytest.raises(InputError, match="leave out --ids"):
        take(records, "1", "2", "3", replace=True)
    with pytest.raises(InputError, match="'track' or 'path', and 'vector' are needed"):
        take(records[["track", "segment"]].copy(), replace=True)
