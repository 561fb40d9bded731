"""HTTP: the application, its limits, caches, requests and responses."""
