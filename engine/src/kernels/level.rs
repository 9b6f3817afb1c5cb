//! Instruction sets: which one the kernels run on, chosen once; the same bits on each.
//!
//! A kernel is a plain loop over arrays of fixed size that the compiler turns into the vectors of the level it is compiled
//! for. Rust never fuses a product and a sum by itself, so the level changes the time alone.

use std::fmt;
use std::sync::OnceLock;

/// An instruction set that this machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Set);

/// See [`Level`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Generic,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Every name that a level can have, slowest first.
pub const NAMES: [&str; 3] = ["generic", "avx2", "avx512"];

/// Processor features that matter to the levels.
#[cfg(target_arch = "x86_64")]
pub fn features() -> Vec<(&'static str, bool)> {
    use std::arch::is_x86_feature_detected as has;
    vec![
        ("sse2", has!("sse2")),
        ("avx2", has!("avx2")),
        ("avx512f", has!("avx512f")),
        ("avx512bw", has!("avx512bw")),
        ("avx512dq", has!("avx512dq")),
        ("avx512vl", has!("avx512vl")),
        ("avx512vnni", has!("avx512vnni")),
    ]
}

/// Processor features that matter to the levels: elsewhere than on x86-64 there is one level.
#[cfg(not(target_arch = "x86_64"))]
pub fn features() -> Vec<(&'static str, bool)> {
    Vec::new()
}

static IN_USE: OnceLock<Level> = OnceLock::new();

impl Level {
    /// What every machine has: the vectors of the compiler's baseline.
    pub const GENERIC: Self = Self(Set::Generic);

    /// All levels of this machine, slowest first.
    pub fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "one level there"))]
        let mut levels = vec![Self::GENERIC];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt");
            let avx512 = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
            if avx2 {
                levels.push(Self(Set::Avx2));
            }
            if avx2 && avx512 && has!("avx512vnni") {
                levels.push(Self(Set::Avx512));
            }
        }
        levels
    }

    /// The fastest level of this machine.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::GENERIC)
    }

    /// The level in use: the fastest, unless [`Self::use_everywhere`] said otherwise.
    #[inline]
    pub fn current() -> Self {
        *IN_USE.get_or_init(Self::best)
    }

    /// Makes this the level of the whole process; tells whether that was still possible (nothing has asked for the level).
    pub fn use_everywhere(self) -> bool {
        IN_USE.set(self).is_ok()
    }

    /// The level of this name, if the machine has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::available().into_iter().find(|level| level.name() == name)
    }

    /// `generic`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Generic => NAMES[0],
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => NAMES[1],
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => NAMES[2],
        }
    }

    /// For those who name instructions.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(super) fn set(self) -> Set {
        self.0
    }

    /// Runs a kernel compiled for this level.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) {
        match self.0 {
            Set::Generic => kernel.run(),
            #[cfg(target_arch = "x86_64")]
            set => wide(set, kernel),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A plain loop to be compiled for every level: `run` is inlined into a function that has the level's features, and so
/// must be all that it calls.
pub trait Kernel {
    /// Does the work.
    fn run(self);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Kernel, Set};

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn with_avx2<K: Kernel>(kernel: K) {
        kernel.run();
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn with_avx512<K: Kernel>(kernel: K) {
        kernel.run();
    }

    #[inline]
    pub fn wide<K: Kernel>(set: Set, kernel: K) {
        #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
        // SAFETY: a level is only made by `Level::available`, which asks the processor for every feature named above.
        unsafe {
            match set {
                Set::Generic => kernel.run(),
                Set::Avx2 => with_avx2(kernel),
                Set::Avx512 => with_avx512(kernel),
            }
        }
    }
}
#[cfg(target_arch = "x86_64")]
use x86::wide;
