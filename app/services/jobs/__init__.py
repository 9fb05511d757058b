"""Jobs: asked for here, done by workers. The database's row is the truth; runners only hand on its id."""
