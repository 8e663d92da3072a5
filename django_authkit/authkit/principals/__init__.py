"""Who a request of Django acts for, wherever it is answered: outside of REST framework, too."""
