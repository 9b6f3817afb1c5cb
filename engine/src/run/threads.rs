//! Independent work on the threads of a run.

use rayon::prelude::*;

/// What `work` makes of each item, in order: on the current rayon pool, outside of any one after the other.
pub fn map_in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    if rayon::current_thread_index().is_some() {
        items.into_par_iter().map(work).collect()
    } else {
        items.into_iter().map(work).collect()
    }
}

/// What `work` makes of blocks `0..n_blocks`, in order; on the current rayon pool.
pub fn blocks_in_order<T: Send>(n_blocks: u64, work: impl Fn(u64) -> T + Send + Sync) -> Vec<T> {
    (0..n_blocks).into_par_iter().map(work).collect()
}

/// Does `n` independent pieces of work on the current rayon pool; results in their order.
pub fn in_parallel<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..n).into_par_iter().map(work).collect()
}

/// Threads of the current rayon pool.
pub fn n_threads() -> usize {
    rayon::current_num_threads()
}

/// The threads that a run may use.
#[derive(Debug)]
pub struct Threads(pub(super) rayon::ThreadPool);

impl Threads {
    /// So many threads, or one per processor.
    ///
    /// # Errors
    /// If the system grants none.
    pub fn new(count: Option<std::num::NonZeroUsize>) -> Result<Self, std::io::Error> {
        let threads = count.map_or(0, std::num::NonZeroUsize::get);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map(Self).map_err(std::io::Error::other)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Does some work on these threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }
}
