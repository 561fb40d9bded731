"""The pack: a build as one HTML file."""
