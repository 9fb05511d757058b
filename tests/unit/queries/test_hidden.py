from pathlib import Path

import pytest

from app.queries.hidden import hide_paths


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Cannot read {root}/aggrdata/ab/a.npy.", "Cannot read AGGRDATA_DIR/ab/a.npy."),
        ("Cannot write {root}/db.sqlite: full", "Cannot write ROOT_DIR/db.sqlite: full"),
        ("{root}/audio", "AUDIO_DIR"),
        ("Sign in at /sign-in, see /api/v1/status", "Sign in at /sign-in, see /api/v1/status"),
    ],
)
def test_folders_are_called_by_their_settings(context, library, text, shown):
    root = str(library.root)
    assert hide_paths(context, text.format(root=root)) == shown.format(root=root)


def test_other_paths_are_cut_when_the_reader_cannot_have_sent_them(context):
    text = "failed: /var/run/postgresql/.s.PGSQL.5432, '/home/me/x.npy' (see http://host/a/b, /api/v1/status)"
    shown = "failed: .s.PGSQL.5432, 'x.npy' (see http://host/a/b, /api/v1/status)"
    assert hide_paths(context, text, everywhere=True) == shown
    assert hide_paths(context, text) == text


def test_folder_is_hidden_when_it_is_named_by_what_a_link_leads_to(context, tmp_path: Path):
    target = tmp_path / "target"
    target.mkdir()
    link = tmp_path / "link"
    link.symlink_to(target)
    settings = context.model_copy(update={"DATA_DIR": link})
    assert hide_paths(settings, f"{link}/x {target}/y") == "DATA_DIR/x DATA_DIR/y"


def test_folder_beside_is_not_taken_for_the_one_of_a_setting(context):
    settings = context.model_copy(update={"ROOT_DIR": Path("/srv/music")})
    text = "/srv/music-more/x /data/srv/music/x /srv/music/x"
    assert hide_paths(settings, text) == "/srv/music-more/x /data/srv/music/x ROOT_DIR/x"
