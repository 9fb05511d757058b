"""A static copy of the page: map, tags, neighbours and, if wanted, sound, without a server."""
