//! How wasmtime is set up: a pool of warm instances, a deadline for every
//! call, compiled code kept on disk. The figures are measured in `benches/`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel,
    PoolingAllocationConfig,
};

use super::Options;

/// How often the deadline of running calls is looked at.
const TICK: Duration = Duration::from_millis(20);

/// The most memory a guest can address, so the pool never is the narrower limit.
const ADDRESSABLE: usize = 4 << 30;

/// An engine with a pool, or without one where the address space is too small
/// for it (`ulimit -v`): slower, but it answers the same.
pub(super) fn engine(options: &Options) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(None);
    if options.cache {
        config.cache(cache());
    }
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options)));
    Engine::new(&config).or_else(|_| {
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config)
    })
}

/// The cache folder of wasmtime for this user. A cache that cannot be used
/// (no home, read-only, full) costs time and is never an error.
fn cache() -> Option<Cache> {
    let mut config = CacheConfig::new();
    // code that is used often is compressed once more, which at the usual level takes 170 MB
    config.with_optimized_compression_level(zstd::DEFAULT_COMPRESSION_LEVEL);
    Cache::new(config).ok()
}

/// Keeps what a call touched resident and resets only that, which makes a
/// fresh instance about as cheap as a reused one.
fn pool(options: &Options) -> PoolingAllocationConfig {
    // one more than there are threads: starting and dropping may overlap
    let slots = u32::try_from(options.instances.get())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .max_memory_size(ADDRESSABLE)
        .linear_memory_keep_resident(4 << 20)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Moves the engine's epoch on, so that a call past its deadline is stopped.
pub(super) struct Clock {
    limit: Duration,
    stopped: Arc<AtomicBool>,
    ticker: Option<JoinHandle<()>>,
}

impl Clock {
    /// Starts the ticker; it ends when the clock is dropped.
    pub(super) fn start(engine: &Engine, limit: Duration) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let ticker = thread::Builder::new().name("clock".into()).spawn({
            let stopped = Arc::clone(&stopped);
            let engine = engine.clone();
            move || {
                while !stopped.load(Ordering::Relaxed) {
                    thread::park_timeout(TICK);
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Self {
            limit,
            stopped,
            ticker: Some(ticker),
        })
    }

    /// Ticks until a call that starts now is stopped.
    pub(super) fn deadline(&self) -> u64 {
        let ticks = self.limit.as_millis().div_ceil(TICK.as_millis());
        // the first tick may come at once
        u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1)
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(ticker) = self.ticker.take() {
            ticker.thread().unpark();
            // the ticker does nothing that can fail
            let _ = ticker.join();
        }
    }
}
