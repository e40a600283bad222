//! The recorded reviews as the policy server hands them to a policy.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// A file of recorded reviews.
pub(crate) struct Recording {
    /// The file's name without its ending.
    pub name: String,
    /// One payload of `validate` for each review, under default settings.
    pub payloads: Vec<Vec<u8>>,
}

/// Reads every recording that the project ships, ordered by name.
pub(crate) fn shipped() -> Result<Vec<Recording>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e-tests/recordings");
    let mut recordings = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        recordings.push(Recording {
            name: name.into_owned(),
            payloads: fs::read_to_string(&path)?
                .lines()
                .map(payload)
                .collect::<Result<_, _>>()?,
        });
    }
    recordings.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(recordings)
}

/// A round trip through [`Value`] sorts the keys, as the policy server does.
fn payload(review: &str) -> serde_json::Result<Vec<u8>> {
    let mut review: Value = serde_json::from_str(review)?;
    let request = review.get_mut("request").map(Value::take);
    serde_json::to_vec(&json!({"request": request, "settings": {}}))
}
