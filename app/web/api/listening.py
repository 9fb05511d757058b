"""The listening test: questions, answers, what they come to."""

from flask import Blueprint, Response, stream_with_context

from app.queries.listening.answers import answers_csv, summary
from app.queries.listening.questions import new_question
from app.services.listening import keep_answer
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import below_root
from app.web.api.schemas.listening import AnswerArguments, KeptAnswer, QuestionAnswer, SummaryAnswer
from app.web.responses import dump_json, json_response

listening = Blueprint("listening", __name__, url_prefix="/api/v1/listening")

MAX_BODY = 4096


@listening.get("/question")
@operation(answer=QuestionAnswer)
def question() -> Response:
    """Ask a new question."""
    asked = new_question(context.settings()).to_json()
    for sound in (asked["reference"], *asked["choices"]):
        sound["audio"] = below_root(sound["audio"])
    response = Response(dump_json(asked), mimetype="application/json")
    response.cache_control.no_store = True
    return response


@listening.post("/answers")
@operation(body=AnswerArguments, max_body=MAX_BODY, answer=KeptAnswer, status=201)
def answers(body: AnswerArguments) -> Response:
    """Keep an answer."""
    given = keep_answer(
        context.settings(),
        rater=body.rater,
        question=body.question,
        chosen=body.choice,
    )
    return json_response({"answers": given}, 201)


@listening.get("/answers.csv")
@operation(media={"text/csv": None})
def answers_table() -> Response:
    """Send all answers as a table."""
    response = Response(stream_with_context(answers_csv()), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=listening-test.csv"
    response.cache_control.no_store = True
    return response


@listening.get("/summary")
@operation(answer=SummaryAnswer)
def agreement() -> Response:
    """Tell how far raters agree with each network."""
    return json_response(summary())
