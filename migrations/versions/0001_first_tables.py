"""First tables: tracks and their metadata, the ledger of extraction, snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_artist"),
        sa.UniqueConstraint("external_id", name="uq_artist_external_id"),
    )
    op.create_index("ix_artist_name", "artist", ["name"])

    op.create_table(
        "album",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("artist_id", sa.Integer(), nullable=True),
        sa.Column("external_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_album"),
        sa.ForeignKeyConstraint(
            ["artist_id"], ["artist.id"], name="fk_album_artist_id_artist", ondelete="SET NULL"
        ),
        sa.UniqueConstraint("external_id", name="uq_album_external_id"),
    )
    op.create_index("ix_album_name", "album", ["name"])
    op.create_index("ix_album_artist_id", "album", ["artist_id"])

    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("group", "name", name="uq_tag_group"),
    )

    op.create_table(
        "track",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
        sa.Column("quick_hash", sa.String(64), nullable=True),
        sa.Column("content_hash", sa.String(64), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("artist_id", sa.Integer(), nullable=True),
        sa.Column("album_id", sa.Integer(), nullable=True),
        sa.Column("external_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_track"),
        sa.UniqueConstraint("path", name="uq_track_path"),
        sa.ForeignKeyConstraint(
            ["artist_id"], ["artist.id"], name="fk_track_artist_id_artist", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["album_id"], ["album.id"], name="fk_track_album_id_album", ondelete="SET NULL"
        ),
    )
    for column in ("quick_hash", "content_hash", "artist_id", "album_id", "external_id"):
        op.create_index(f"ix_track_{column}", "track", [column])
    op.create_index("ix_track_state_id", "track", ["state", "id"])

    op.create_table(
        "track_tag",
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("track_id", "tag_id", name="pk_track_tag"),
        sa.ForeignKeyConstraint(
            ["track_id"], ["track.id"], name="fk_track_tag_track_id_track", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_track_tag_tag_id_tag", ondelete="CASCADE"),
    )
    op.create_index("ix_track_tag_tag_id", "track_tag", ["tag_id"])

    op.create_table(
        "part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("weights_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_part"),
        sa.UniqueConstraint("network", "name", name="uq_part_network"),
    )

    op.create_table(
        "extraction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("quick_hash", sa.String(64), nullable=True),
        sa.Column("part_id", sa.Integer(), nullable=True),
        sa.Column("row_start", sa.Integer(), nullable=True),
        sa.Column("n_rows", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_extraction"),
        sa.UniqueConstraint("track_id", "network", name="uq_extraction_track_id"),
        sa.ForeignKeyConstraint(
            ["track_id"], ["track.id"], name="fk_extraction_track_id_track", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name="fk_extraction_part_id_part"),
    )
    op.create_index("ix_extraction_part_id", "extraction", ["part_id"])
    op.create_index("ix_extraction_network_state", "extraction", ["network", "state"])

    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n_tracks", sa.Integer(), nullable=False),
        sa.Column("n_segments", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
        sa.UniqueConstraint("key", name="uq_snapshot_key"),
    )
    op.create_index("ix_snapshot_published_at", "snapshot", ["published_at"])


def downgrade() -> None:
    for table in ("snapshot", "extraction", "part", "track_tag", "track", "tag", "album", "artist"):
        op.drop_table(table)
