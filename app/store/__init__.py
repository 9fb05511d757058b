"""The files that extraction, snapshots and indexes are made of."""
