"""How each family of the order system is tried: rules, workload and calibration."""
