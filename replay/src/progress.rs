//! A progress bar on standard error: only on a terminal, and only when the
//! work takes long enough to wonder.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::Format;

/// How long nothing is shown.
const PATIENCE: Duration = Duration::from_millis(500);

/// Bytes that were read, counted by the thread that reads.
#[derive(Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
}

impl Progress {
    pub(crate) fn read(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The bar of one replay.
pub(crate) struct Bar {
    bar: ProgressBar,
    start: Instant,
    /// When to show it; none when it is shown, or never will be.
    due: Option<Duration>,
    cases: u64,
}

impl Bar {
    pub(crate) fn new(inputs: &[PathBuf], format: Format) -> Self {
        // lines of JSON on a terminal show themselves how far the work is
        let wanted =
            io::stderr().is_terminal() && (format == Format::Text || !io::stdout().is_terminal());
        let bar = match total(inputs) {
            Some(total) => ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden())
                .with_style(style("{bar:24} {bytes}/{total_bytes}, {msg}, {eta} left")),
            None => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
                .with_style(style("{spinner} {bytes} read, {msg}, {elapsed}")),
        };
        Self {
            bar,
            start: Instant::now(),
            due: wanted.then_some(PATIENCE),
            cases: 0,
        }
    }

    /// Says how far the replay has come.
    pub(crate) fn advance(&mut self, progress: &Progress, cases: usize) {
        self.cases = self
            .cases
            .saturating_add(u64::try_from(cases).unwrap_or(u64::MAX));
        if self.due.is_some_and(|due| self.start.elapsed() > due) {
            self.due = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(PATIENCE);
        }
        if !self.bar.is_hidden() {
            self.bar
                .set_position(progress.bytes.load(Ordering::Relaxed));
            self.bar.set_message(format!("{} judged", self.cases));
        }
    }

    /// Runs `print` while the bar is out of its way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Bytes to read, where that is known beforehand: for files, not for folders
/// and pipes.
fn total(inputs: &[PathBuf]) -> Option<u64> {
    inputs
        .iter()
        .map(|input| fs::metadata(input).ok().filter(fs::Metadata::is_file))
        .map(|file| Some(file?.len()))
        .sum()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
