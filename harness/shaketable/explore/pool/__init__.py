"""Worker processes: jobs, workers, and the coordinator of a search that several share."""
