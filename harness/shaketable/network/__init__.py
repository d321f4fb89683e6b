"""What the simulated wire and the tap both keep: armed faults, links in trouble, one address of replicas, their roles."""
