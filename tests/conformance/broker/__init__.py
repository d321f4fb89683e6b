"""What the harness does to a real broker past the tap, in the stead of its clients and of its retention."""
