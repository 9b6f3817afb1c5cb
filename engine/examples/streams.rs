//! Writes the random streams to standard output, block after block as the kernels consume them: eight generators side by side, the
//! noise of each operator in turn. For a battery of tests:
//!
//! `cargo run --release -p montecartel --example streams | dieharder -a -g 200`
//!
//! An argument sets the seed; the program ends when nobody reads on.

use montecartel::kernels::level::Level;
use montecartel::kernels::xoshiro::Noise;
use montecartel::streams::Purpose;
use std::io::Write;

/// Operators whose noise one block holds.
const ROWS: usize = 180;

fn main() {
    let seed = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let purpose = Purpose::new(seed, "collusion/noise");
    let mut out = std::io::BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut rows = vec![Noise::default(); ROWS];
    for block in 0.. {
        purpose.stream(block).noise(Level::best(), &mut rows);
        for output in rows.as_flattened().as_flattened() {
            if out.write_all(&output.to_le_bytes()).is_err() {
                return;
            }
        }
    }
}
