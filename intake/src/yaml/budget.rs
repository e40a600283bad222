//! How far aliases and merge keys may blow a document up. It knows sizes alone.

use super::EXPANSION;
use crate::Broken;

/// What is left to spend on copies, in bytes of JSON.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    /// For a document of `size` bytes: generous to small ones, in which anchors are used, and in
    /// proportion to big ones.
    pub(crate) fn new(size: usize) -> Self {
        let generous = size.saturating_mul(100).saturating_add(64 * 1024);
        Self(generous.min(size.saturating_add(4 * 1024 * 1024)))
    }

    /// Spends `size`; an error, on `line`, when there is not enough left.
    pub(crate) fn spend(&mut self, size: usize, line: u64) -> Result<(), Broken> {
        match self.0.checked_sub(size) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(Broken::new(line, EXPANSION)),
        }
    }
}
