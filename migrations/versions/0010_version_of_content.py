"""What was extracted belongs to a version of a track's content, not to a hash of its first and last blocks."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OWN_HASH = "(SELECT quick_hash FROM track WHERE track.id = extraction.track_id)"


def upgrade() -> None:
    op.add_column("track", sa.Column("content_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("extraction", sa.Column("content_version", sa.Integer(), nullable=True))
    # Rows of an earlier content get a version that the track never has.
    op.execute(
        "UPDATE extraction SET content_version = "
        f"CASE WHEN quick_hash IS NULL THEN NULL WHEN quick_hash = {_OWN_HASH} THEN 0 ELSE -1 END"
    )
    op.drop_column("extraction", "quick_hash")


def downgrade() -> None:
    op.add_column("extraction", sa.Column("quick_hash", sa.String(64), nullable=True))
    op.execute(
        f"UPDATE extraction SET quick_hash = {_OWN_HASH} WHERE content_version = "
        "(SELECT content_version FROM track WHERE track.id = extraction.track_id)"
    )
    op.execute("UPDATE extraction SET quick_hash = 'changed' WHERE content_version < 0")
    op.drop_column("extraction", "content_version")
    op.drop_column("track", "content_version")
