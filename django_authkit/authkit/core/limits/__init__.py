"""The one home of counting: attempts, requests, rates, and the throttle classes that use them."""
