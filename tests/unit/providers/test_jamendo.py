import pytest

from app.errors import NotFoundError
from app.providers import PROVIDERS, AudioLink, Playable
from app.settings import Settings

JAMENDO = PROVIDERS.get("jamendo")
SETTINGS = Settings(AUDIO_PROVIDER="jamendo", JAMENDO_CLIENT_ID="id&1")


@pytest.mark.parametrize("external_id", ["214", "0000214", "track_0000214"])
def test_address_names_track_and_client_when_the_number_is_known(external_id):
    assert JAMENDO.url(Playable(7, "14/214.mp3", external_id), SETTINGS) == AudioLink(
        "https://mp3l.jamendo.com/?trackid=214&format=mp31&from=app-id%261"
    )


@pytest.mark.parametrize("external_id", [None, "", "0", "abc", "214&x=1", "٢١٤"])
def test_reason_is_given_when_the_number_is_not_known(external_id):
    with pytest.raises(NotFoundError, match="load-jamendo-data"):
        JAMENDO.url(Playable(7, "14/214.mp3", external_id), SETTINGS)


def test_browser_may_play_from_its_hosts():
    assert JAMENDO.media_hosts == ("https://*.jamendo.com",)
    assert PROVIDERS.get("local").media_hosts == ()
