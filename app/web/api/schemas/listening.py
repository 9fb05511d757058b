"""The listening test."""

from typing import Annotated

from pydantic import Field

from app.queries.listening.questions import CHOICES
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.places import Address, Count, Seconds, Share


class AnswerArguments(Arguments):
    """Which of the choices a rater found most like the reference."""

    question: Annotated[str, Field(min_length=1, max_length=64)]
    rater: Annotated[str, Field(pattern="^[0-9a-f-]{16,64}$", description="a random name")]
    choice: int = Field(ge=0, lt=CHOICES)


class SoundAnswer(Answer):
    """A stretch of a track to be heard."""

    audio: Address
    start: Seconds
    end: Seconds


class QuestionAnswer(Answer):
    """A reference, and the choices in the order they are to be shown."""

    question: str = Field(description="its name, to be sent with the answer")
    reference: SoundAnswer
    choices: Annotated[list[SoundAnswer], Field(min_length=CHOICES, max_length=CHOICES)]


class KeptAnswer(Answer):
    """How many answers the rater has given."""

    answers: Count


class AgreementAnswer(Answer):
    """How often raters chose what a network finds nearest."""

    network: str
    layer: str
    raters: Count
    answers: Count
    agreed: Count
    share: Share
    low: Share = Field(description="lower end of the 95 % confidence interval, by Wilson")
    high: Share = Field(description="upper end of it")


class SummaryAnswer(Answer):
    """What the answers come to."""

    answers: Count
    raters: Count
    chance: Share
    networks: list[AgreementAnswer]
