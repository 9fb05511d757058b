"""Foreign embeddings: what is taken in, what is left out with a reason, what is refused."""

import os
import pickle

import duckdb
import numpy as np
import pytest
from sqlalchemy import select

from app.errors import DamagedFileError, InputError, MissingExtraError, NotFoundError
from app.models import Extraction, Part, Track, db
from app.queries.status import read_status
from app.registry import Requirement
from app.services.embeddings import parquet, take_in
from app.services.embeddings.stored import forget_embeddings
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.extract import extract_all
from app.services.publish import build_snapshot, plan_snapshot, publish
from app.services.report import Reporter
from app.services.verify import verify
from app.store.files import read_json
from app.store.networks import imported_names
from app.store.parts import PartFiles, new_part_name
from app.store.snapshots import Space

NAME = "openl3"
PATHS = ("a, the first.mp3", "b/two.mp3", "b/three.mp3", "caf\udce9.mp3")
VALUES = np.random.default_rng(0).standard_normal((8, 6)).astype(np.float32)


@pytest.fixture
def tracks(app):
    """Four tracks, ids 1 to 4."""
    for number, path in enumerate(PATHS, 1):
        db.session.add(Track(id=number, path=path, quick_hash=f"h{number}", duration=10.0 * number))
    db.session.commit()


@pytest.fixture
def take(settings, tracks, tmp_path):
    """Take in values with a line for each row: ``take(values, "1,0", "1,2", segment_seconds=2)``."""

    def take(values, *lines, name=NAME, dry_run=False, **options):
        path, ids = tmp_path / "values.npy", None
        np.save(path, values, allow_pickle=False)
        if lines:
            ids = tmp_path / "ids.csv"
            ids.write_text("\n".join(lines) + "\n", errors="surrogateescape")
        if "tags" in options:
            names = options.pop("tags")
            options["tags"] = tmp_path / "tags.txt"
            options["tags"].write_text("\n".join(names))
        request = ImportRequest(name, path, ids, **options)
        found = import_embeddings(settings, Reporter(), request, dry_run=dry_run)
        db.session.expire_all()
        return found

    return take


@pytest.fixture
def published(settings):
    """Publish; return the vectors of a space and the tracks of its rows."""

    def published(name=NAME, layer="embeddings", level="segments"):
        plan = plan_snapshot(settings)
        build_snapshot(settings, plan, Reporter())
        publish(settings, plan.files)
        files = plan.files
        return files, files.vectors(Space(name, layer, level)), files.track_ids(name)

    return published


def ledger(name=NAME):
    rows = db.session.scalars(
        select(Extraction).where(Extraction.network == name).order_by(Extraction.track_id)
    )
    return [(row.track_id, row.state, row.n_rows) for row in rows]


def files_of(settings, name=NAME):
    folder = settings.DATA_DIR / name
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- what is taken in ---


def test_rows_follow_each_other_as_they_come_when_no_starts_are_said(take, published):
    found = take(VALUES[:5], "2", "1", "2", "1", "2", segment_seconds=1.5)
    assert (found.n_segments, len(found.groups)) == (5, 2)
    files, vectors, ids = published()
    assert ids.tolist() == [1, 2]
    assert files.offsets(NAME).tolist() == [0, 2, 5]
    np.testing.assert_array_equal(vectors, VALUES[[1, 3, 0, 2, 4]].astype(np.float16))
    assert files.manifest["networks"][NAME]["segment_seconds"] == 1.5
    files.verify()


def test_rows_are_put_in_the_order_of_their_starts(take, published):
    take(VALUES[:4], "1,3.01", "1,0", "2,0.0", "1, 1.5", segment_seconds=1.5)
    _, vectors, _ = published()
    np.testing.assert_array_equal(vectors, VALUES[[1, 3, 0, 2]].astype(np.float16))


def test_one_row_for_each_track_needs_no_length(take, published):
    take(VALUES[:3], "1", "3", "2")
    files, vectors, ids = published()
    assert ids.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(vectors, VALUES[[0, 2, 1]].astype(np.float16))
    assert files.manifest["networks"][NAME]["segment_seconds"] == 30.0  # the longest of them


@pytest.mark.parametrize(
    "lines",
    [
        PATHS[:2],
        ("path", *PATHS[:2]),
        ("track,start", "1,0", "2,0"),
        (f'"{PATHS[0]}",0', f"{PATHS[1]},0.0"),
        (f"./{PATHS[0]}", " 2 "),
        ("AUDIO_DIR/" + PATHS[0], PATHS[1], "", ""),
    ],
)
def test_tracks_are_named_by_id_or_path(take, settings, lines):
    found = take(VALUES[:2], *(line.replace("AUDIO_DIR", str(settings.AUDIO_DIR)) for line in lines))
    assert [group.track.id for group in found.groups] == [1, 2]
    assert found.unknown == []


def test_a_path_that_is_not_utf_8_is_found(take, tmp_path):
    assert [group.track.id for group in take(VALUES[:1], PATHS[3]).groups] == [4]


def test_tags_make_a_taggram(take, published):
    take(np.eye(2, 3), "1", "2", tags=("calm", "loud", "odd"))
    files, vectors, _ = published(layer="taggrams")
    assert files.manifest["networks"][NAME]["tags"] == ["calm", "loud", "odd"]
    np.testing.assert_array_equal(vectors, np.eye(2, 3))


@pytest.mark.parametrize("kind", ["<f2", ">f4", "<f8", "<i2", "uint8"])
def test_numbers_of_any_kind_are_taken(take, published, kind):
    values = np.asfortranarray(np.arange(12).reshape(3, 4).astype(kind))
    take(values, "1", "2", "3")
    np.testing.assert_array_equal(published()[1], np.arange(12).reshape(3, 4))


def test_several_parts_are_written_when_there_is_much(take, published, monkeypatch):
    monkeypatch.setattr(take_in, "MAX_PART_BYTES", 3 * 6 * 2)
    take(VALUES, "1", "1", "2", "3", "3", "3", "3", "4", segment_seconds=1)
    assert db.session.query(Part).count() == 3
    np.testing.assert_array_equal(published()[1], VALUES.astype(np.float16))


def test_facts_are_in_the_manifest_of_a_part(take, settings, tmp_path):
    take(VALUES[:2], "1", "2", segment_seconds=4)
    part = db.session.query(Part).one()
    facts = read_json(PartFiles(settings.DATA_DIR / NAME, part.name).manifest_path)
    assert facts["imported"] == {"file": "values.npy", "segment_seconds": 4.0, "tags": []}
    assert facts["weights_sha256"] == part.weights_sha256
    assert len(part.weights_sha256) == 64


def test_track_without_a_file_is_shown_when_it_is_streamed(take, settings, published):
    db.session.add(Track(id=9, path="9.mp3", state="missing", external_id="9"))
    db.session.commit()
    take(VALUES[:2], "1", "9")
    assert published()[2].tolist() == [1]
    streamed = settings.model_copy(update={"AUDIO_PROVIDER": "jamendo"})
    assert [piece.track_id for piece in plan_snapshot(streamed).catalogues[0].slices] == [1, 9]


# --- what is left out ---


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.nan, "row 1 holds a value that is no finite number"),
        (-np.inf, "row 1 holds a value that is no finite number"),
        (7e4, "row 1 holds a value beyond 65,504, the greatest that is kept"),
    ],
)
def test_track_is_left_out_with_a_reason_when_a_row_cannot_be_kept(take, settings, value, reason):
    values = VALUES[:4].copy()
    values[1, 3] = value
    found = take(values, "1", "1", "1", "2", segment_seconds=1)
    assert [(one.track.id, one.reason) for one in found.rejected] == [(1, reason)]
    assert ledger() == [(1, "failed", None), (2, "done", 1)]
    assert [(problem.path, problem.reason) for problem in read_status(settings).failures] == [
        (PATHS[0], f"{NAME}: {reason}")
    ]


@pytest.mark.parametrize(
    ("starts", "where"),
    [
        (("0", "2", "3"), "row 1 is segment 2 where 1 is due"),
        (("0", "0", "1"), "row 1 is segment 0 where 1 is due"),
        (("1", "2", "3"), "row 0 is segment 1 where 0 is due"),
        (("0", "1.2", "2"), "row 1 is segment 1.2 where 1 is due"),
    ],
)
def test_track_is_left_out_when_its_segments_do_not_follow_each_other(take, starts, where):
    lines = [f"1,{start}" for start in starts]
    found = take(VALUES[:4], *lines, "2,0", segment_seconds=1)
    assert [(one.track.id, where in one.reason) for one in found.rejected] == [(1, True)]
    assert [group.track.id for group in found.groups] == [2]


def test_what_the_catalogue_does_not_know_is_listed_once(take):
    found = take(VALUES[:5], "77", "no/such.mp3", "1", "77", "b", segment_seconds=1)
    assert found.unknown == [77, "no/such.mp3", "b"]
    assert ledger() == [(1, "done", 1)]


# --- what is refused ---


@pytest.mark.parametrize(
    ("values", "lines", "options", "says"),
    [
        (VALUES[:3], ("1", "2"), {}, "names 2 places, but .* has 3 rows"),
        (VALUES[:2], ("1", "2", "3"), {}, "names 3 places, but .* has 2 rows"),
        (VALUES[0], ("1",), {}, "a matrix is needed"),
        (np.zeros((2, 0)), ("1", "2"), {}, "a matrix is needed"),
        (np.zeros((0, 4)), (), {"ids": True}, "a matrix is needed"),
        (np.array([["a"], ["b"]]), ("1", "2"), {}, "numbers are needed"),
        (np.zeros((2, 2), bool), ("1", "2"), {}, "numbers are needed"),
        (np.zeros((2, 2), complex), ("1", "2"), {}, "numbers are needed"),
        (VALUES[:2], (), {}, "say with --ids FILE"),
        (VALUES[:2], ("1", "1"), {}, r"Track 1 \(a, the first.mp3\) has 2 rows: say with --segment-seconds"),
        (VALUES[:2], ("1,0", "2"), {}, "gives no start to row 1"),
        (VALUES[:2], ("1,0", "2,-3"), {}, "row 1 .* cannot start at -3 s"),
        (VALUES[:2], ("1,0", "2,inf"), {}, "row 1 .* cannot start at inf s"),
        (VALUES[:2], ("77", "88"), {}, "has none of its 2 tracks, such as 77"),
        (np.full((1, 2), np.nan), ("1",), {}, "a, the first.mp3: row 0 holds a value that is no finite"),
        (np.full((1, 2), 1.5), ("1",), {"tags": ("a", "b")}, "Row 0 .* these are no activations"),
        (np.full((1, 2), -0.1), ("1",), {"tags": ("a", "b")}, "Row 0 .* these are no activations"),
        (np.zeros((1, 2)), ("1",), {"tags": ("a",)}, "names 1 tags, but each row has 2 values"),
        (np.zeros((1, 2)), ("1",), {"tags": ("a", "a")}, "names the tag 'a' twice"),
        (np.zeros((1, 2)), ("1",), {"tags": ("a", "b" * 129)}, "at most 128 printable"),
    ],
)
def test_wrong_input_is_refused_and_nothing_left(take, settings, tmp_path, values, lines, options, says):
    if options.pop("ids", False):
        options = {"ids": tmp_path / "empty.txt"}
        options["ids"].touch()
        np.save(tmp_path / "values.npy", values)
        request = ImportRequest(NAME, tmp_path / "values.npy", **options)
        with pytest.raises(InputError, match=says):
            import_embeddings(settings, Reporter(), request)
    else:
        with pytest.raises(InputError, match=says):
            take(values, *lines, **options)
    assert (ledger(), files_of(settings)) == ([], [])
    assert not (settings.DATA_DIR / NAME).exists()


@pytest.mark.parametrize(
    "name", ["", "Upper", "-a", "a-", "a b", "a/b", "../a", "a..b", "ä", ".", "a" * 65, "a\n"]
)
def test_name_is_refused_when_it_is_none(take, name):
    with pytest.raises(InputError, match="is no name for a set"):
        take(VALUES[:1], "1", name=name)


def test_name_is_refused_when_a_network_has_it(take, settings):
    with pytest.raises(InputError, match="'mtt-vgg' is the name of a network"):
        take(VALUES[:1], "1", name="mtt-vgg")
    db.session.add(Extraction(track_id=1, network="gone-network", state="failed"))
    db.session.commit()
    with pytest.raises(InputError, match="vectors of a network 'gone-network' already"):
        take(VALUES[:1], "1", name="gone-network", replace=True)


def test_network_is_refused_when_a_set_has_its_name(take, settings, models_dir):
    take(VALUES[:1], "1")
    (settings.DATA_DIR / NAME).rename(settings.DATA_DIR / "mtt-vgg")
    with pytest.raises(InputError, match="flask forget-embeddings mtt-vgg"):
        extract_all(settings.model_copy(update={"MODELS_DIR": models_dir}), Reporter(), dry_run=True)


class Dangerous:
    def __reduce__(self):
        return os.mkdir, ("was-run",)


@pytest.mark.parametrize("saved", ["objects", "pickle"])
def test_pickles_are_refused_and_never_run(take, settings, tmp_path, monkeypatch, saved):
    monkeypatch.chdir(tmp_path)
    path, ids = tmp_path / "evil.npy", tmp_path / "ids.txt"
    ids.write_text("1\n")
    if saved == "objects":
        np.save(path, np.array([[Dangerous()]], object), allow_pickle=True)
    else:
        path.write_bytes(pickle.dumps(Dangerous()))
    with pytest.raises(InputError, match="never loaded, as they could run any program"):
        import_embeddings(settings, Reporter(), ImportRequest(NAME, path, ids))
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "archive", "empty"])
def test_file_is_refused_when_it_is_no_array(settings, tracks, tmp_path, damage):
    path, ids = tmp_path / "values.npy", tmp_path / "ids.txt"
    ids.write_text("1\n2\n")
    np.save(path, VALUES[:2])
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-8])
    elif damage == "archive":
        np.savez(tmp_path / "values.npz", VALUES)
        (tmp_path / "values.npz").rename(path)
    else:
        path.write_bytes(b"1 2 3\n" if damage == "text" else b"")
    with pytest.raises(InputError, match=r"values\.npy"):
        import_embeddings(settings, Reporter(), ImportRequest(NAME, path, ids))


# --- again, and away ---


def test_set_is_replaced_only_when_that_is_wanted(take, settings, published):
    take(VALUES[:2], "1", "2")
    first = files_of(settings)
    with pytest.raises(InputError, match="Replace it with --replace"):
        take(VALUES[2:4], "2", "3")
    assert files_of(settings) == first
    before = published()[0].key
    take(VALUES[2:4], "2", "3", replace=True)
    files, vectors, ids = published()
    assert (ids.tolist(), files.key != before) == ([2, 3], True)
    np.testing.assert_array_equal(vectors, VALUES[2:4].astype(np.float16))
    assert len(files_of(settings)) == len(first)
    assert verify(settings, Reporter()).leftovers == []


def test_former_set_stays_when_its_successor_cannot_be_written(take, settings, published, monkeypatch):
    take(VALUES[:2], "1", "2")
    before, key = files_of(settings), published()[0].key

    def break_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(take_in, "delete_rows", break_off)
    with pytest.raises(KeyboardInterrupt):
        take(VALUES[2:4], "2", "3", replace=True)
    assert (files_of(settings), published()[0].key) == (before, key)


def test_nothing_is_written_when_run_dry(take, settings):
    found = take(VALUES[:2], "1", "2", dry_run=True)
    assert (found.n_segments, ledger(), files_of(settings)) == (2, [], [])


def test_what_a_killed_run_left_is_listed_and_removed(take, settings):
    folder = settings.DATA_DIR / NAME
    take(VALUES[:1], "1")
    left = folder / f".{new_part_name()}.embeddings.npy.values.partial"
    left.touch()
    assert verify(settings, Reporter()).leftovers == [left]
    take(VALUES[:1], "1", replace=True)
    assert not left.exists()


def test_damaged_part_says_what_to_do(take, settings):
    take(VALUES[:1], "1")
    next((settings.DATA_DIR / NAME).glob("*.npy")).write_bytes(b"damage")
    (problem,) = verify(settings, Reporter(), repair=True).problems
    assert f"flask import-embeddings {NAME} FILE --replace" in problem
    assert ledger() == []


def test_damaged_manifest_is_told_when_publishing(take, settings):
    take(VALUES[:1], "1")
    part = db.session.query(Part).one()
    PartFiles(settings.DATA_DIR / NAME, part.name).manifest_path.write_text('{"layers": {}}')
    with pytest.raises(DamagedFileError, match="does not say what was imported"):
        plan_snapshot(settings)


def test_set_leaves_nothing_when_it_is_forgotten(take, settings):
    take(VALUES[:2], "1", "2")
    assert forget_embeddings(settings, NAME, dry_run=True) == 2
    assert imported_names(settings.DATA_DIR) == [NAME]
    assert forget_embeddings(settings, NAME) == 2
    assert (ledger(), db.session.query(Part).count(), files_of(settings)) == ([], 0, [])
    with pytest.raises(NotFoundError, match=r"There are: none\."):
        forget_embeddings(settings, NAME)
    with pytest.raises(InputError, match="mtt-vgg is a network"):
        forget_embeddings(settings, "mtt-vgg")


def test_foreign_files_stay_when_a_set_is_forgotten(take, settings):
    take(VALUES[:1], "1")
    (settings.DATA_DIR / NAME / "notes.txt").touch()
    forget_embeddings(settings, NAME)
    assert "notes.txt" in files_of(settings)


# --- Parquet, and records ---


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
