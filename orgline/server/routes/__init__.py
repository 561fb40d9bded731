"""Routes: what is answered at each address, and the machine-readable descriptions of the service."""
