//! Configuration, which is no request: one document, YAML read as a manifest is or JSON as it
//! stands, with the places of its parts.

use crate::origin::{Mark, Origin};
use crate::{Broken, Position, pointer, yaml};

/// Configuration as JSON text.
#[derive(Debug)]
pub struct Config {
    json: String,
    origin: Origin,
}

impl Config {
    /// The one document of a YAML text; an empty text is `null`.
    ///
    /// # Errors
    /// When the text is not YAML, has no equal in JSON, or holds more than one document.
    pub fn from_yaml(text: &str) -> Result<Self, Broken> {
        let document = yaml::single(text)?;
        let (json, marks) = match document {
            Some(document) => (document.json, document.marks),
            None => ("null".to_owned(), Vec::new()),
        };
        Ok(Self {
            json,
            origin: Origin::Composed(marks),
        })
    }

    /// A JSON text, word for word.
    pub fn from_json(text: &str) -> Self {
        let start = Mark {
            offset: 0,
            at: Position::START,
        };
        Self {
            json: text.to_owned(),
            origin: Origin::Written(start),
        }
    }

    /// As JSON text.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The JSON text alone.
    pub fn into_json(self) -> String {
        self.json
    }

    /// The position in the text of what an RFC 6901 pointer names: of its key for a member, of its
    /// value for an item and for the whole. None when it does not resolve.
    pub fn locate(&self, pointer: &str) -> Option<Position> {
        let offset = pointer::find_in(&self.json, pointer)?;
        self.origin.position(&self.json, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    fn line(config: &Config, pointer: &str) -> Option<u64> {
        Some(config.locate(pointer)?.line)
    }

    #[test]
    fn names_the_lines_of_its_parts() {
        let yaml = "# mine\nhostAccess:\n  deny: high\n\nexemptions:\n- reason: a\n  rules:\n  - x\n  - y\n";
        let yaml = Config::from_yaml(yaml).unwrap();
        let json = "\n{\"hostAccess\":\n {\"deny\": \"high\"},\n \"exemptions\": [\n{\"rules\":[\"x\",\n\"y\"]}]}";
        let json = Config::from_json(json);
        for (pointer, in_yaml, in_json) in [
            ("", Some(2), Some(2)),
            ("/hostAccess", Some(2), Some(2)),
            ("/hostAccess/deny", Some(3), Some(3)),
            ("/exemptions", Some(5), Some(4)),
            ("/exemptions/0", Some(6), Some(5)),
            ("/exemptions/0/rules/1", Some(9), Some(6)),
            ("/exemptions/1", None, None),
            ("/nope", None, None),
            ("nope", None, None),
        ] {
            assert_eq!(line(&yaml, pointer), in_yaml, "{pointer}");
            assert_eq!(line(&json, pointer), in_json, "{pointer}");
        }
        assert_eq!(line(&Config::from_yaml("# nothing\n").unwrap(), ""), None);
    }
}
