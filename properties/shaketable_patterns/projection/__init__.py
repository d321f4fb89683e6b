"""PJ: a view made of events says what they say, however they came."""
