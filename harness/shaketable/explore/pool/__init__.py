"""Worker processes, their jobs, and the coordinator of a search that several of them share."""
