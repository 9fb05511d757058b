from tests.read_side import client, context, library, own_app, own_client, own_context, own_library, served

__all__ = ["client", "context", "library", "own_app", "own_client", "own_context", "own_library", "served"]
