"""Signing in with a token, for browsers on other machines: a cookie that only this server gets back."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.queries.tokens import TokenFacts, find_token
from app.web.access import COOKIE, is_this_machine, shown_token

sign_in = Blueprint("sign_in", __name__)

MAX_BODY = 4096
LIFETIME = timedelta(days=90)


@sign_in.app_context_processor
def visitor() -> dict[str, str]:
    """Tell pages who looks on: a browser that has signed in, anybody who may, or this machine."""
    token = shown_token()
    if token is not None:
        return {"visitor": "token", "visitor_name": token.name}
    return {"visitor": "" if is_this_machine() else "anybody"}


@sign_in.get("/sign-in")
def form() -> Response:
    """Show who is signed in, and ask for a token."""
    cookie = request.cookies.get(COOKIE)
    found = None if cookie is None else find_token(cookie)
    return _show(found if found is not None and found.state == "valid" else None)


@sign_in.post("/sign-in")
def enter() -> AnyResponse:
    """Take a token, and lead to the map."""
    request.max_content_length = MAX_BODY
    token = request.form.get("token", "").strip()
    found = find_token(token)
    if found is None or found.state != "valid":
        reason = "not known here" if found is None else found.state
        return _show(None, f"This token is {reason}.", 401)
    response = redirect(url_for("pages.explore"), 303)
    end = datetime.now(UTC) + LIFETIME
    response.set_cookie(
        COOKIE,
        token,
        expires=end if found.expires_at is None else min(end, found.expires_at),
        secure=request.is_secure or request.headers.get("X-Forwarded-Proto") == "https",
        path=_cookie_path(),
        httponly=True,
        samesite="Strict",
    )
    return response


@sign_in.post("/sign-out")
def leave() -> AnyResponse:
    """Forget the token."""
    response = redirect(url_for("sign_in.form"), 303)
    response.delete_cookie(COOKIE, path=_cookie_path(), httponly=True, samesite="Strict")
    return response


def _cookie_path() -> str:
    """Return the path that browsers send the token to: other servers of this name have paths of their own."""
    return request.script_root or "/"


def _show(token: TokenFacts | None, problem: str | None = None, status: int = 200) -> Response:
    response = Response(render_template("sign_in.html", token=token, problem=problem), status)
    response.cache_control.no_store = True
    return response
