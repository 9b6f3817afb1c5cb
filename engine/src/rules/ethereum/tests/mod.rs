//! Published and derived cases, edges, and laws that hold for all inputs.

mod cases_leak;
mod cases_slashing;
mod edges_leak;
mod edges_slashing;
mod edges_time;
mod laws;
