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

    /// The line of the part that a mistake is about; none where that cannot be told.
    ///
    /// The policy tells a mistake as `exemptions[0].rules[1]: what is wrong`, or as `settings: …`
    /// where it is about the whole; of a key that is wrong itself, the place is that of what holds
    /// it.
    pub fn line_of(&self, mistake: &str) -> Option<u64> {
        let (path, what) = mistake.split_once(": ")?;
        let holder = match path {
            "settings" => String::new(),
            path => pointer_of(path),
        };
        let key = ["unknown key `", "the key `"]
            .into_iter()
            .find_map(|start| what.strip_prefix(start)?.split('`').next());
        let at_key = key.and_then(|key| self.locate(&format!("{holder}/{}", escaped(key))));
        at_key
            .or_else(|| self.locate(&holder))
            .map(|position| position.line)
    }
}

/// A key as a part of a pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// `exemptions[0].rules` as RFC 6901 has it: `/exemptions/0/rules`.
fn pointer_of(path: &str) -> String {
    let keys = path.split(['.', '[', ']']);
    let keys = keys.filter(|key| !key.is_empty());
    keys.map(|key| format!("/{}", escaped(key))).collect()
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

    #[test]
    fn finds_what_a_mistake_is_about() {
        let settings =
            "hostAccess:\n  deny: hihg\n\"a/b\": 1\nexemptions:\n- reason: r\n  rules:\n  - x\n";
        let settings = Config::from_yaml(settings).unwrap();
        for (mistake, expected) in [
            ("hostAccess.deny: `hihg`, did you mean `high`?", Some(2)),
            ("settings: unknown key `a/b`, expected one of `x`", Some(3)),
            ("settings: the key `exemptions` stands twice", Some(4)),
            // a key that was cut is in what holds it
            ("hostAccess: unknown key `xxx…`, expected one of", Some(1)),
            ("exemptions[0]: names nobody", Some(5)),
            ("exemptions[0].rules[0]: `x`, expected: `y`", Some(7)),
            ("settings: an array, expected an object", Some(1)),
            ("exemptions[7]: names nobody", None),
            ("`hostAccess.deny`: no severity", None),
            ("something else", None),
        ] {
            assert_eq!(settings.line_of(mistake), expected, "{mistake}");
        }
    }
}
