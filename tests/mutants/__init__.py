"""The tests of tests: are the checkers any good?"""
