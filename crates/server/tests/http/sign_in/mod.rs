//! Who calls: passwords, codes, tokens, lockouts, suspension.

mod addresses;
mod codes;
mod enumeration;
mod lockout;
mod renewal;
mod suspension;
mod tokens;
