//! Each protocol's own arithmetic: pure functions, one protocol a file, checked against the protocol's own numbers.

pub mod ics;
pub mod pow;
