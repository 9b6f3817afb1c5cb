//! xoshiro256++ (Blackman and Vigna 2021) in eight lanes: the arithmetic alone, `streams` chooses the states.
//!
//! Output number `8k + l` is the `k`-th of lane `l`.

use super::LANES;
use super::level::{Kernel, Level};

/// Generators that run side by side.
pub const WAYS: usize = 8;

/// States of eight generators. `[word of the state][lane]`
#[derive(Debug, Clone)]
pub struct Eight(pub [[u64; WAYS]; 4]);

impl Eight {
    /// The next output of each lane.
    #[inline(always)]
    fn step(state: &mut [[u64; WAYS]; 4], out: &mut [u64; WAYS]) {
        let [a, b, c, d] = state;
        for l in 0..WAYS {
            out[l] = a[l].wrapping_add(d[l]).rotate_left(23).wrapping_add(a[l]);
            let shifted = b[l] << 17;
            c[l] ^= a[l];
            d[l] ^= b[l];
            b[l] ^= c[l];
            a[l] ^= d[l];
            c[l] ^= shifted;
            d[l] = d[l].rotate_left(45);
        }
    }

    /// Fills words of 64 bits.
    pub fn fill(&mut self, level: Level, out: &mut [[u64; WAYS]]) {
        #[cfg(target_arch = "x86_64")]
        if super::avx512::fill(level, &mut self.0, out) || super::avx2::fill(level, &mut self.0, out) {
            return;
        }
        level.run(Fill { state: &mut self.0, out });
    }
}

struct Fill<'a> {
    state: &'a mut [[u64; WAYS]; 4],
    out: &'a mut [[u64; WAYS]],
}

impl Kernel for Fill<'_> {
    #[inline(always)]
    fn run(self) {
        let mut state = *self.state;
        for out in self.out {
            Eight::step(&mut state, out);
        }
        *self.state = state;
    }
}

/// Steps that make 16 bits for each lane of a block.
pub const STEPS_PER_ROW: usize = LANES / 4 / WAYS;

/// 16 bits for each scenario of a block as the generator gave them: scenario `l` in bits `16 (l mod 4) ..` of word `l / 4`.
pub type Noise = [[u64; WAYS]; STEPS_PER_ROW];

/// The 16 bits of one scenario, as a number from 0: the bits as a signed number, plus 2^15.
#[inline]
pub fn sixteen_bits(noise: &Noise, lane: usize) -> u32 {
    let bytes = noise[lane / (4 * WAYS)][lane / 4 % WAYS].to_le_bytes();
    let part = 2 * (lane % 4);
    u32::from(u16::from_le_bytes([bytes[part], bytes[part + 1]]) ^ 0x8000)
}
