//! How far a log that is followed was read and told of, kept in a file, so that whoever starts
//! again goes on from there. The report is cut back to what the checkpoint knows of, so that
//! nothing is told twice.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::fatal::Fatal;
use crate::follow::Head;

/// The time between two checkpoints while there is work to do.
const INTERVAL: Duration = Duration::from_secs(1);

/// The version of what is kept.
const VERSION: u32 = 1;

/// How far an input was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Which file it was.
    pub(crate) head: Head,
    /// Bytes of it that were read and told of.
    pub(crate) offset: u64,
    /// The lines of these.
    pub(crate) lines: u64,
}

/// What is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    version: u32,
    input: Mark,
    /// Bytes of the report that were written by then.
    output: u64,
}

/// A checkpoint, and what it will hold next.
pub(crate) struct Checkpoint {
    path: PathBuf,
    /// How far the input was told of, and the bytes of the report by then.
    next: Option<(Mark, u64)>,
    /// When it was saved last.
    saved: Option<Instant>,
}

impl Checkpoint {
    /// The checkpoint in this file, with how far it says that the log was read and how long the
    /// report was; neither if there is no such file yet.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<(Mark, u64)>), Fatal> {
        let checkpoint = Self {
            path: path.to_owned(),
            next: None,
            saved: None,
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((checkpoint, None)),
            Err(error) => return Err(Fatal::File(path.to_owned(), error)),
        };
        let broken = |reason: String| Fatal::Checkpoint(path.to_owned(), reason);
        let state: State =
            serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        if state.version != VERSION {
            return Err(broken(format!(
                "version {}, expected {VERSION}",
                state.version
            )));
        }
        Ok((checkpoint, Some((state.input, state.output))))
    }

    /// Takes note of how far the input was told of, in a report of so many bytes.
    pub(crate) fn advance(&mut self, mark: Mark, output: u64) {
        self.next = Some((mark, output));
    }

    /// Whether it is time to save: before anything is told, then once in a while, and whenever
    /// nothing else is to be done.
    pub(crate) fn is_due(&self, is_idle: bool) -> bool {
        let is_old = |saved: Instant| saved.elapsed() >= INTERVAL;
        self.next.is_some() && (is_idle || self.saved.is_none_or(is_old))
    }

    /// Saves it, once the report is safe up to there. The file is replaced as a whole.
    pub(crate) fn save(&mut self) -> Result<(), Fatal> {
        let Some((input, output)) = self.next.take() else {
            return Ok(());
        };
        self.saved = Some(Instant::now());
        self.replace(input, output)
            .map_err(|error| Fatal::File(self.path.clone(), error))
    }

    fn replace(&self, input: Mark, output: u64) -> io::Result<()> {
        let state = State {
            version: VERSION,
            input,
            output,
        };
        let text = serde_json::to_string(&state)?;
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let new = PathBuf::from(name);
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&new, &self.path)
    }
}
