"""The verification of a certificate: files against digests, verdicts against evidence, stored histories judged again."""
