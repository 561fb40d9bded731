"""Organization charts: selection, labels, layout and style of boxes and lines; written as HTML, SVG or PDF."""
