"""Former names: tables of names of before, and what bears them today."""
