"""Black boxes: committed rows, the events that announce them, and the answers that clients rely on (BB)."""
