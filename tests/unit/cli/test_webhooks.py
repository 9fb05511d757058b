import pytest

from app.services.webhooks.signature import verify
from tests.webhook_receiver import answering, hang, receiving

SECRET = "a secret of some length"


@pytest.fixture
def settings_overrides():
    return {"WEBHOOK_SECRET": SECRET, "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1", "WEBHOOK_TIMEOUT_SECONDS": 5}


def test_event_and_answer_are_shown(runner):
    with receiving(answering(200)) as receiver:
        result = runner.invoke(args=["webhook-test", receiver.url()])
    assert result.exit_code == 0
    (request,) = receiver.requests
    verify(SECRET, dict(request.headers), request.body)
    shown = result.stdout.splitlines()
    assert shown[0] == f"POST {receiver.url()}"
    assert f"X-Matnn-Signature: {request.headers['X-Matnn-Signature']}" in shown
    assert request.body.decode() in shown
    assert shown[-2].startswith("Answer: status 200 after ")
    assert shown[-1] == "  ok"
    assert SECRET not in result.output


def test_command_fails_when_the_receiver_refuses(runner):
    with receiving(answering(401)) as receiver:
        result = runner.invoke(args=["webhook-test", receiver.url()])
    assert result.exit_code == 1
    assert "Error: Not delivered: the target has answered 401." in result.stderr


def test_command_fails_when_nobody_listens(runner):
    with receiving(hang) as receiver:
        pass
    result = runner.invoke(args=["webhook-test", receiver.url()])
    assert result.exit_code == 1
    assert "cannot be reached: Connection refused" in result.stderr


def test_answer_is_shown_harmlessly_when_it_would_steer_the_terminal(runner):
    def behave(request, _released):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x1b[2J\xff\nyes")

    with receiving(behave) as receiver:
        result = runner.invoke(args=["webhook-test", receiver.url()])
    assert "\x1b" not in result.stdout
    assert "  \\x1b[2J" in result.stdout


def test_nothing_is_sent_when_run_dry(runner):
    with receiving(answering(200)) as receiver:
        result = runner.invoke(args=["webhook-test", receiver.url(), "--dry-run"])
    assert result.exit_code == 0
    assert "X-Music-Explore-Signature: v1=" in result.stdout
    assert result.stdout.endswith("Nothing was sent.\n")
    assert receiver.requests == []


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_command_is_refused_when_there_is_no_address(runner, more):
    result = runner.invoke(args=["webhook-test", "example.org", *more])
    assert result.exit_code == 2
    assert "starts with https://HOST" in result.stderr


def test_private_address_is_refused_when_no_setting_allows_it(runner):
    for more, exit_code in (([], 1), (["--dry-run"], 2)):
        result = runner.invoke(args=["webhook-test", "http://127.0.0.2/", *more])
        assert result.exit_code == exit_code
        assert "WEBHOOK_ALLOWED_HOSTS" in result.stderr
