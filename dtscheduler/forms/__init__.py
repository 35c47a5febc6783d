"""What a form is: fields read off a function's signature, their values checked, whoever draws them."""
