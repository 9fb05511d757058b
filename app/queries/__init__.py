"""The read side: what the map, the search and the player ask of database and snapshot."""
