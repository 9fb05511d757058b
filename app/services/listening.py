"""Keeping the answers of the listening test."""

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.models import ListeningAnswer, db
from app.queries.listening.questions import make_question
from app.settings import Settings


def keep_answer(settings: Settings, *, rater: str, question: str, chosen: int) -> int:
    """Keep which choice a rater found most like the reference; return how many answers the rater has given.

    Only the first answer of a rater to a question counts.

    Raises
    ------
    NotFoundError
        If the library has changed since the question was asked.
    """
    asked = make_question(settings, question)
    db.session.add(
        ListeningAnswer(
            rater=rater,
            question=question,
            snapshot=asked.snapshot,
            network=asked.network,
            layer=asked.layer,
            reference=str(asked.reference),
            choices=" ".join(map(str, asked.choices)),
            nearest=asked.nearest,
            chosen=chosen,
        )
    )
    try:
        db.session.commit()
    except IntegrityError:  # it was sent twice
        db.session.rollback()
    given = select(func.count()).where(ListeningAnswer.rater == rater)
    return db.session.scalar(given) or 0
