//! Signals that ask for an end: Ctrl-C and SIGTERM.

use crate::exit::{Failure, INTERNAL, STOPPED};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that the first signal sets; the second ends the process at once.
///
/// # Errors
/// If the system refuses.
pub fn caught() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the flag is asked before it is set.
        register_conditional_shutdown(signal, i32::from(STOPPED), Arc::clone(&flag))
            .and_then(|_| register(signal, Arc::clone(&flag)))
            .map_err(|error| Failure::new(INTERNAL, format!("error: cannot watch for signals: {error}")))?;
    }
    Ok(flag)
}
