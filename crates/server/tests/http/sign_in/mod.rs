//! Who calls: passwords, codes, tokens, lockouts, suspension.

mod addresses;
mod codes;
mod enumeration;
mod lockout;
mod suspension;
mod tokens;
