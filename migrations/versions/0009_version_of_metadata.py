"""The database itself notes that attributes or titles of tracks have changed, whoever changes them."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Table → the columns that attributes and the search for tracks are made of.
WATCHED = {
    "track": (
        "state", "external_id", "path", "title", "artist_id", "album_id", "year", "bpm", "key"
    ),
    "artist": ("name",),
    "album": ("name",),
    "tag": ("group", "name"),
    "track_tag": ("track_id", "tag_id"),
}


def upgrade() -> None:
    table = op.create_table(
        "metadata_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(12), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_metadata_version"),
    )
    op.bulk_insert(table, [{"id": 1, "value": secrets.token_hex(6)}])
    if op.get_bind().dialect.name == "sqlite":
        _watch_rows()
    else:
        _watch_statements()


def _watch_rows() -> None:
    """SQLite: a new value at every changed row, which costs little there."""
    note = "BEGIN UPDATE metadata_version SET value = lower(hex(randomblob(6))); END"
    for table, columns in WATCHED.items():
        changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
        op.execute(f'CREATE TRIGGER note_insert_{table} AFTER INSERT ON "{table}" {note}')
        op.execute(f'CREATE TRIGGER note_delete_{table} AFTER DELETE ON "{table}" {note}')
        op.execute(f'CREATE TRIGGER note_update_{table} AFTER UPDATE ON "{table}" WHEN {changed} {note}')


def _watch_statements() -> None:
    """PostgreSQL: one new value a transaction, as each one leaves a dead row behind until it ends."""
    op.execute(
        """
        CREATE FUNCTION note_metadata_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE metadata_version
            SET value = substr(md5(random()::text || clock_timestamp()::text), 1, 12),
                transaction = txid_current()
            WHERE transaction IS DISTINCT FROM txid_current();
            RETURN NULL;
        END $$
        """
    )
    for table, columns in WATCHED.items():
        named = ", ".join(f'"{column}"' for column in columns)
        op.execute(
            f'CREATE TRIGGER note_change_{table} AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {named} '
            f'ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION note_metadata_change()'
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in WATCHED:
            for change in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER note_{change}_{table}")
    else:
        op.execute("DROP FUNCTION note_metadata_change() CASCADE")
    op.drop_table("metadata_version")
