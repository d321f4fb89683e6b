"""Ten defects that need no fault: right when everything arrives first in, first out, wrong in some other order."""
