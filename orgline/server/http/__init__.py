"""HTTP: the application, its requests, responses, caches, and the server that runs it."""
