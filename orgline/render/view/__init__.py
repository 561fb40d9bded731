"""Views: pictures that the content defines by a CONSTRUCT query, laid out and written as HTML."""
