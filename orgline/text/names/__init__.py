"""Names of people in texts: finding them in any spelling, and hashes by which they are recognized."""
