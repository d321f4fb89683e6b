"""Components: subjects that are one object, driven call by call in virtual time with several calls in flight."""
