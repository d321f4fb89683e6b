"""How a component, a subject that is one object, is driven step by step with several calls in flight."""
