"""The shortest schedule that still shows it: ddmin, then values, then timings."""
