"""Former names: the tables of former units, and how a former name is resolved to the unit of today."""
