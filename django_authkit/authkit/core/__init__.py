"""The ground floor: small pieces that every room stands on."""
