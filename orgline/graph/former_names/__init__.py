"""Former names: the tables of former units, and the resolution of a former name to the unit of today."""
