//! Wider vectors where the processor has them: the only unsafe block of the tree.
//!
//! The wider version is the same code compiled again. Nothing is reassociated and no multiply-add is fused, so it gives
//! the same bits.

/// Defines a function that is compiled for any processor, for those with AVX2 and for those with AVX-512, and picks one
/// when called.
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[inline]
        $vis fn $name($($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            fn plain($($arg: $type),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn with_avx2($($arg: $type),*) $(-> $ret)? {
                    plain($($arg),*)
                }
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
                fn with_avx512($($arg: $type),*) $(-> $ret)? {
                    plain($($arg),*)
                }
                #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
                match $crate::kernels::dispatch::width() {
                    // SAFETY: the processor has been found to have every feature that the function is compiled for.
                    $crate::kernels::dispatch::Width::Avx512 => return unsafe { with_avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::kernels::dispatch::Width::Avx2 => return unsafe { with_avx2($($arg),*) },
                    $crate::kernels::dispatch::Width::Any => {}
                }
            }
            plain($($arg),*)
        }
    };
}
pub(crate) use wide;

/// What the processor has.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Width {
    /// What every processor has.
    Any,
    /// AVX2 and the bit instructions that came with it.
    Avx2,
    /// AVX-512 for bytes, words and doubles as well.
    Avx512,
}

/// Asks the processor, once.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn width() -> Width {
    use std::arch::is_x86_feature_detected as has;
    static WIDTH: std::sync::OnceLock<Width> = std::sync::OnceLock::new();
    *WIDTH.get_or_init(|| {
        if !(has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt")) {
            Width::Any
        } else if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
            Width::Avx512
        } else {
            Width::Avx2
        }
    })
}
