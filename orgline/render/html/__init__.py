"""Templates, pages of the service and of a build, and the values that they show."""
