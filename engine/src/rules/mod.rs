//! Each protocol's own arithmetic: pure functions, one protocol a folder, checked against the protocol's own numbers.

pub mod cosmos;
pub mod eigenlayer;
pub mod ethereum;
pub mod ics;
pub mod integer;
pub mod mesh;
pub mod payments;
pub mod pow;
pub mod saga;
