import pytest

from app import create_app


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/playground", "/?level=segments"),
        ("/playground?level=tracks&colour=tag:a%20%26%20b", "/?level=tracks&colour=tag%3Aa+%26+b"),
        ("/compare", "/?other=on"),
        ("/compare?network=mtt-vgg", "/?other=on&network=mtt-vgg"),
    ],
)
def test_address_of_the_prototype_leads_to_the_matching_view(client, address, place):
    response = client.get(address)
    assert response.status_code == 302
    assert response.location == place


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({}, "addresses"),
        ({"PLAYLIST_FOR_OFFLINE": True}, "paths"),
        ({"PLAYLIST_FOR_OFFLINE": True, "PLAYLIST_USE_WINDOWS_PATH": True}, "windows"),
        ({"PLAYLIST_USE_WINDOWS_PATH": True}, "addresses"),
    ],
)
def test_page_knows_how_playlists_are_written_when_settings_say_so(tmp_path, settings, places):
    client = create_app({"ROOT_DIR": tmp_path, **settings}).test_client()
    assert f'data-playlist-places="{places}"' in client.get("/").text


@pytest.mark.parametrize("path", ["/", "/similarity", "/api/docs"])
def test_pages_say_nothing_of_signing_in_on_the_machine_itself(client, path):
    assert "/sign-in" not in client.get(path).text
    assert "/sign-out" not in client.get(path).text
