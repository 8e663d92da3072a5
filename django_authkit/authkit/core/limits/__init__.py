"""The one home of counting: guesses, requests, rates, and the throttle classes that use them."""
