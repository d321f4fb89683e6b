"""Orders as data: what a policy decides in a run, as deviations from first in, first out.

Whatever order the messages of a run arrive in, it is that of the calm order but for a list of deviations: one for each
arrival that was late, which says for what it waited. So an order is found by a policy, stored as deviations, shrunk by
leaving some out, and replayed without the policy.
"""
