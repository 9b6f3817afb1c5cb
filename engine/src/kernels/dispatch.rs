//! Wider vectors where the processor has them: the only unsafe block of the tree.
//!
//! The wider version is the same code compiled again. Nothing is reassociated and no multiply-add is fused, so it gives
//! the same bits.

/// Defines a function that is compiled twice, for any processor and for those with AVX2, and picks one when called.
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
                if $crate::kernels::dispatch::has_avx2() {
                    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
                    // SAFETY: the processor has just been found to have every feature named above.
                    return unsafe { with_avx2($($arg),*) };
                }
            }
            plain($($arg),*)
        }
    };
}
pub(crate) use wide;

/// Whether the processor has AVX2 and the bit instructions that came with it.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt")
}
