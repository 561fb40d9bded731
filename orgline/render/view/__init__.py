"""Views: pictures that content defines by a CONSTRUCT, laid out and drawn."""
