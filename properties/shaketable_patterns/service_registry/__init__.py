"""SR: who lives is listed where it is, who is silent or has left is not, whatever the registry suffers."""
