"""Limits: what bounds the work that clients can cause: budgets, connections, and which queries are accepted."""
