"""How each family of the order system is tried: rules, nemesis, workload, calibration."""
