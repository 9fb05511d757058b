"""Whoever asked is told of the end of an analysis, by a signed request to a real receiver."""

import json

import pytest

from app.services.jobs import control
from app.services.webhooks import send_due
from app.services.webhooks.signature import verify
from app.web.api.schemas.analyses import DeliveriesAnswer
from tests.webhook_receiver import answering, receiving

SECRET = "a secret of some length"


@pytest.fixture
def settings_overrides(models_dir):
    return {
        "MODELS_DIR": models_dir,
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_ALLOWED_HOSTS": ("127.0.0.0/8",),
        "WEBHOOK_TRIES": 1,
    }


def told(client, job_id):
    response = client.get(f"/api/v1/analyses/{job_id}/deliveries")
    DeliveriesAnswer.model_validate_json(response.data, strict=True)
    return response.json["deliveries"]


@pytest.mark.parametrize("end", ["finished", "failed", "cancelled"])
def test_receiver_is_told_when_an_analysis_has_ended(client, send, settings, work, tone, end):
    with receiving(answering(200)) as receiver:
        job_id = send(tone, f"attributes=tags&webhook_url={receiver.url()}").json["id"]
        if end == "failed":
            (settings.ROOT_DIR / "uploads" / job_id).unlink()
        if end == "cancelled":
            control.cancel(settings, job_id)
        work()
        send_due(settings)
        [received] = receiver.requests
    assert verify(SECRET, received.headers, received.body)
    body = json.loads(received.body)
    assert (body["id"], body["event"]["status"]) == (job_id, end)
    assert ("reason" in body["event"]) == (end == "failed")
    [delivery] = told(client, job_id)
    assert (delivery["state"], len(delivery["attempts"])) == ("delivered", 1)


def test_event_is_sent_again_when_somebody_wants_it(client, send, settings, work, tone):
    with receiving(answering(500)) as receiver:
        job_id = send(tone, f"attributes=tags&webhook_url={receiver.url()}").json["id"]
        work()
        send_due(settings)
        [delivery] = told(client, job_id)
        assert delivery["state"] == "failed"
        assert client.post(f"/api/v1/deliveries/{delivery['id']}/retry").status_code == 204
        send_due(settings)
        assert len(receiver.requests) == 2
    assert client.post("/api/v1/deliveries/nothing/retry").status_code == 404
    assert client.delete(f"/api/v1/analyses/{job_id}").status_code == 204
    assert client.get(f"/api/v1/analyses/{job_id}/deliveries").status_code == 404
