"""The circuit breaker: promises CB-0 to CB-10, their model, checkers and state machine."""
