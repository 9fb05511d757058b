"""Playlists, tokens, tempo and key of tracks, credits of streamed ones."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("track", sa.Column("bpm", sa.Double(), nullable=True))
    op.add_column("track", sa.Column("key", sa.String(16), nullable=True))
    op.add_column("track", sa.Column("licence", sa.Text(), nullable=True))
    op.add_column("track", sa.Column("page", sa.Text(), nullable=True))

    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("name", name="uq_token_name"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )

    op.create_table(
        "playlist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playlist"),
    )
    op.create_table(
        "playlist_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("playlist_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=True),
        sa.Column("end", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_playlist_entry"),
        sa.ForeignKeyConstraint(
            ["playlist_id"],
            ["playlist.id"],
            name="fk_playlist_entry_playlist_id_playlist",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["track_id"], ["track.id"], name="fk_playlist_entry_track_id_track", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_playlist_entry_playlist_id_position", "playlist_entry", ["playlist_id", "position"])
    op.create_index("ix_playlist_entry_track_id", "playlist_entry", ["track_id"])


def downgrade() -> None:
    op.drop_table("playlist_entry")
    op.drop_table("playlist")
    op.drop_table("token")
    for column in ("page", "licence", "key", "bpm"):
        op.drop_column("track", column)
