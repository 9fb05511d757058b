"""Foreign embeddings: what is taken in, what is left out with a reason, what is refused."""

import os
import pickle

import numpy as np
import pytest

from app.errors import InputError
from app.models import Extraction, Part, Track, db
from app.queries.status import read_status
from app.services.embeddings import take_in
from app.services.embeddings.take_in import ImportRequest, import_embeddings
from app.services.extract import extract_all
from app.services.publish import plan_snapshot
from app.services.report import Reporter
from app.store.files import read_json
from app.store.parts import PartFiles
from tests.unit.services.embeddings.conftest import NAME, PATHS, VALUES, files_of, ledger


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


def test_a_path_is_found_when_its_unicode_form_differs(take):
    db.session.get_one(Track, 1).path = "Bjo\u0308rk.mp3"
    db.session.commit()
    assert [group.track.id for group in take(VALUES[:1], "Bj\u00f6rk.mp3").groups] == [1]


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
    assert facts["imported"] == {"file": "values.npy", "segment_seconds": 4.0, "tags": [], "parts": 1}
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
        (
            7e4,
            "row 1 holds a value beyond 65,504, the largest that float16 can store; scale the vectors down",
        ),
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


@pytest.mark.parametrize("value", [1e-300, 1e-9, 3e-8, 1e-7])
def test_row_is_left_out_with_a_way_out_when_16_bits_round_it_away(take, value):
    found = take(np.vstack([VALUES[0], np.full(VALUES.shape[1], value)]), "1", "2")
    assert [group.track.id for group in found.groups] == [1]
    [left_out] = found.rejected
    assert left_out.reason == (
        "row 1 holds only values that float16 rounds to zero or nearly zero; scale the vectors up"
    )


def test_row_is_taken_in_when_only_some_of_its_values_round_to_zero(take, published):
    row = np.zeros(VALUES.shape[1])
    row[0], row[1] = 1.0, 1e-12
    take(np.vstack([row, np.zeros_like(row)]), "1", "2")
    _, vectors, _ = published()
    assert vectors[:, 0].tolist() == [1.0, 0.0]
