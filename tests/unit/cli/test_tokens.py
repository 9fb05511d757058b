import json
import re

import pytest
from sqlalchemy import select, text

from app.models import Token, db
from app.queries.tokens import digest_of, find_token


def test_token_is_shown_once_and_only_its_hash_kept(runner):
    result = runner.invoke(args=["token", "create", "laptop", "--scope", "write", "--scope", "read"])
    token = result.stdout.strip()
    assert re.fullmatch(r"mex_[A-Za-z0-9_-]{43}", token)
    assert "laptop allows read, write" in result.stderr
    row = db.session.scalar(select(Token))
    assert (row.name, row.scopes, row.digest) == ("laptop", "read write", digest_of(token))
    everything = str(db.session.execute(text("SELECT * FROM token")).all())
    assert token not in everything
    assert find_token(token).state == "valid"


def test_token_may_only_read_and_is_valid_for_ever_when_nothing_else_is_said(runner):
    runner.invoke(args=["token", "create", "laptop"])
    row = db.session.scalar(select(Token))
    assert (row.scopes, row.expires_at) == ("read", None)


def test_token_expires_when_days_are_given(runner):
    runner.invoke(args=["token", "create", "guest", "--days", "7"])
    row = db.session.scalar(select(Token))
    assert (row.expires_at - row.created_at).days == 7


def test_tokens_are_never_alike(runner):
    made = {runner.invoke(args=["token", "create", f"t{n}"]).stdout for n in range(5)}
    assert len(made) == 5


def test_nothing_is_made_or_revoked_when_run_dry(runner):
    result = runner.invoke(args=["token", "create", "laptop", "--dry-run"])
    assert (result.exit_code, result.stdout) == (0, "Would make the token laptop that allows read.\n")
    assert db.session.scalar(select(Token)) is None
    runner.invoke(args=["token", "create", "laptop"])
    assert runner.invoke(args=["token", "revoke", "laptop", "--dry-run"]).exit_code == 0
    assert db.session.scalar(select(Token)).revoked_at is None


@pytest.mark.parametrize("name", ["", " x", "a\nb", "x" * 65, "token=1", "<b>"])
def test_name_is_refused_when_it_does_not_fit_into_a_log(runner, name):
    result = runner.invoke(args=["token", "create", name])
    assert result.exit_code == 2
    assert "is no name of a token" in result.stderr


def test_name_is_refused_when_it_is_taken_even_by_a_revoked_one(runner):
    runner.invoke(args=["token", "create", "laptop"])
    runner.invoke(args=["token", "revoke", "laptop"])
    result = runner.invoke(args=["token", "create", "laptop"])
    assert result.exit_code == 2
    assert "Choose another name" in result.stderr


def test_tokens_are_listed_without_themselves(runner):
    assert "flask token create" in runner.invoke(args=["token", "list"]).stdout
    token = runner.invoke(args=["token", "create", "laptop"]).stdout.strip()
    runner.invoke(args=["token", "create", "guest", "--days", "1"])
    runner.invoke(args=["token", "revoke", "laptop"])
    shown = runner.invoke(args=["token", "list"]).stdout.splitlines()
    assert [line.split()[:2] for line in shown] == [["laptop", "revoked"], ["guest", "valid"]]
    listed = json.loads(runner.invoke(args=["token", "list", "--json"]).stdout)
    assert [one["name"] for one in listed] == ["laptop", "guest"]
    assert listed[1]["expires_at"].endswith("+00:00")
    assert set(listed[0]) == {
        "name",
        "scopes",
        "state",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    }
    assert token not in str(listed)


def test_token_is_revoked_by_name(runner):
    token = runner.invoke(args=["token", "create", "laptop"]).stdout.strip()
    assert "opens nothing" in runner.invoke(args=["token", "revoke", "laptop"]).stdout
    db.session.expire_all()
    assert find_token(token).state == "revoked"
    assert "already" in runner.invoke(args=["token", "revoke", "laptop"]).stdout


def test_reason_is_told_when_there_is_no_such_token(runner):
    result = runner.invoke(args=["token", "revoke", "nobody"])
    assert result.exit_code == 2
    assert "There is no token 'nobody'" in result.stderr
