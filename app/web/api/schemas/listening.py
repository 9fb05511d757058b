"""The listening test."""

from typing import Annotated

from pydantic import Field

from app.queries.listening.questions import CHOICES
from app.web.api.arguments import Arguments


class AnswerArguments(Arguments):
    """Which of the choices a rater found most like the reference."""

    question: Annotated[str, Field(min_length=1, max_length=64)]
    rater: Annotated[str, Field(pattern="^[0-9a-f-]{16,64}$", description="a random name")]
    choice: int = Field(ge=0, lt=CHOICES)
