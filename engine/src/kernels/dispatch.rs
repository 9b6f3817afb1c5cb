//! Wider vectors for short loops, by the level in use.
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
                match $crate::kernels::level::Level::current().set() {
                    // SAFETY: the processor has been found to have every feature that the function is compiled for.
                    $crate::kernels::level::Set::Avx512 => return unsafe { with_avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::kernels::level::Set::Avx2 => return unsafe { with_avx2($($arg),*) },
                    $crate::kernels::level::Set::Generic => {}
                }
            }
            plain($($arg),*)
        }
    };
}
pub(crate) use wide;
