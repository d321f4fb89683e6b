"""What many runs amount to: evidence, reasons for unknown, expectations."""
