"""The answers of the listening test."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listening_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rater", sa.String(64), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("layer", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("choices", sa.String(96), nullable=False),
        sa.Column("nearest", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_listening_answer"),
        sa.UniqueConstraint("rater", "question", name="uq_listening_answer_rater"),
    )
    op.create_index("ix_listening_answer_network_layer", "listening_answer", ["network", "layer"])


def downgrade() -> None:
    op.drop_table("listening_answer")
