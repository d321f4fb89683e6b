"""Black boxes: rows that are committed, events that announce them, and answers that clients rely on."""
