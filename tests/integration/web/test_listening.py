"""The listening test, asked and answered over HTTP."""

import pytest

RATER = "00112233445566778899aabbccddeeff"
ANSWERS = "/api/v1/listening/answers"


def answer(client, **changes):
    question = client.get("/api/v1/listening/question")
    assert question.headers["Cache-Control"] == "no-store"
    return {"question": question.json["question"], "rater": RATER, "choice": 1} | changes


def test_answers_count_in_summary_and_table(own_client):
    for count in (1, 2):
        response = own_client.post(ANSWERS, json=answer(own_client))
        assert (response.status_code, response.json) == (201, {"answers": count})
    summary = own_client.get("/api/v1/listening/summary").json
    assert (summary["answers"], summary["raters"]) == (2, 1)
    assert sum(one["answers"] for one in summary["networks"]) == 2
    table = own_client.get("/api/v1/listening/answers.csv")
    assert table.mimetype == "text/csv"
    assert "attachment" in table.headers["Content-Disposition"]
    assert len(table.text.splitlines()) == 3


def test_sounds_of_a_question_can_be_had(client):
    question = client.get("/api/v1/listening/question").json
    for sound in (question["reference"], *question["choices"]):
        assert 0 <= sound["start"] < sound["end"]
        with client.get(sound["audio"]) as audio:
            assert audio.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"choice": 3}, 400),
        ({"rater": "me <b>"}, 400),
        ({"question": "x" * 65}, 400),
        ({"question": "x-y"}, 404),
        ({"more": 1}, 400),
    ],
)
def test_answer_is_refused_when_it_is_none(own_client, changes, status):
    assert own_client.post(ANSWERS, json=answer(own_client, **changes)).status_code == status
    assert own_client.get("/api/v1/listening/summary").json["answers"] == 0


def test_answer_is_refused_when_another_site_sends_it(own_client):
    body = answer(own_client)
    foreign = {"Origin": "https://elsewhere.example"}
    assert own_client.post(ANSWERS, json=body, headers=foreign).status_code == 403
    assert own_client.post(ANSWERS, data=body).status_code == 415
    own = {"Origin": "http://localhost"}
    assert own_client.post(ANSWERS, json=body, headers=own).status_code == 201


def test_page_is_shown(client):
    response = client.get("/similarity")
    assert (response.status_code, response.mimetype) == (200, "text/html")
