import pytest


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
