"""What really happened, read past the tap: the commit log, the topics, the third parties' ledgers."""
