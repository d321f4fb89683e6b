"""Who runs when: workers that carry sync calls one at a time, locks that park, virtual time, stops between two lines."""
