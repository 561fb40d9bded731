"""HTML: pages of the service and of a build, and what they have in common."""
