//! Who calls: passwords, codes, tokens, lockouts, suspension.

mod addresses;
mod codes;
mod enumeration;
mod lockout;
mod nodes;
mod renewal;
mod suspension;
mod tokens;
