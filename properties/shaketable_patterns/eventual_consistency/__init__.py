"""EC: copies that answer for themselves agree in the end, and what a reader may see until then is declared."""
