//! Who calls: passwords, codes, tokens, lockouts, suspension.

mod addresses;
mod codes;
mod enumeration;
mod lockout;
mod nodes;
mod renewal;
mod salted;
mod suspension;
mod tokens;
