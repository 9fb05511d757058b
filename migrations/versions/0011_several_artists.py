"""Link tracks to each of several artists; the links are filled in when tags are next read."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NOTE = "BEGIN UPDATE metadata_version SET value = lower(hex(randomblob(6))); END"


def upgrade() -> None:
    op.create_table(
        "track_artist",
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("artist_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["track_id"], ["track.id"], name="fk_track_artist_track_id_track", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["artist_id"], ["artist.id"], name="fk_track_artist_artist_id_artist", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("track_id", "artist_id", name="pk_track_artist"),
    )
    op.create_index("ix_track_artist_artist_id", "track_artist", ["artist_id"])
    # As for the other tables: see 0009.
    if op.get_bind().dialect.name == "sqlite":
        for change in ("INSERT", "DELETE", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER note_{change.lower()}_track_artist AFTER {change} ON track_artist {_NOTE}"
            )
    else:
        op.execute(
            "CREATE TRIGGER note_change_track_artist AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE "
            "ON track_artist FOR EACH STATEMENT EXECUTE FUNCTION note_metadata_change()"
        )


def downgrade() -> None:
    op.drop_table("track_artist")
