"""Organization charts: which boxes, where, in which words and colours; as page, SVG and PDF."""
