//! What a YAML scalar means to kubectl: the YAML 1.1 words of go-yaml v2, as sigs.k8s.io/yaml
//! turns them into JSON. Positions and structure are not its business.
//!
//! Source: sigs.k8s.io/yaml `goyaml.v2/resolve.go`, and its `yaml.go` for keys.

use super::number;
use saphyr_parser::{ScalarStyle, Tag};

/// The value of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    /// An integer, as JSON digits, of any size.
    Integer(String),
    Float(f64),
    Text(String),
    /// A plain `<<`: a merge where it is a key, a text anywhere else.
    Merge,
}

/// Words that are no text when they stand plain.
const WORDS: [(&str, Scalar); 36] = [
    ("", Scalar::Null),
    ("~", Scalar::Null),
    ("null", Scalar::Null),
    ("Null", Scalar::Null),
    ("NULL", Scalar::Null),
    ("y", Scalar::Bool(true)),
    ("Y", Scalar::Bool(true)),
    ("yes", Scalar::Bool(true)),
    ("Yes", Scalar::Bool(true)),
    ("YES", Scalar::Bool(true)),
    ("true", Scalar::Bool(true)),
    ("True", Scalar::Bool(true)),
    ("TRUE", Scalar::Bool(true)),
    ("on", Scalar::Bool(true)),
    ("On", Scalar::Bool(true)),
    ("ON", Scalar::Bool(true)),
    ("n", Scalar::Bool(false)),
    ("N", Scalar::Bool(false)),
    ("no", Scalar::Bool(false)),
    ("No", Scalar::Bool(false)),
    ("NO", Scalar::Bool(false)),
    ("false", Scalar::Bool(false)),
    ("False", Scalar::Bool(false)),
    ("FALSE", Scalar::Bool(false)),
    ("off", Scalar::Bool(false)),
    ("Off", Scalar::Bool(false)),
    ("OFF", Scalar::Bool(false)),
    (".nan", Scalar::Float(f64::NAN)),
    (".NaN", Scalar::Float(f64::NAN)),
    (".NAN", Scalar::Float(f64::NAN)),
    (".inf", Scalar::Float(f64::INFINITY)),
    (".Inf", Scalar::Float(f64::INFINITY)),
    (".INF", Scalar::Float(f64::INFINITY)),
    ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
    ("-.Inf", Scalar::Float(f64::NEG_INFINITY)),
    ("-.INF", Scalar::Float(f64::NEG_INFINITY)),
];

/// The longest of [`WORDS`].
const LONGEST_WORD: usize = 5;

/// The value of a scalar written in `style`. An error says what is wrong, with nothing of the
/// text.
pub(crate) fn resolve(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<Scalar, String> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => plain(text),
            _ => Scalar::Text(text),
        });
    };
    if !tag.is_yaml_core_schema() {
        return Ok(Scalar::Text(text));
    }
    let value = match tag.suffix.as_str() {
        "bool" | "int" | "float" | "null" => plain(text),
        "binary" => return Err("`!!binary` has no place in JSON, write the text".to_owned()),
        "merge" if text == "<<" => return Ok(Scalar::Merge),
        // Also `!!timestamp`: kubectl hands times on as the text they are.
        _ => return Ok(Scalar::Text(text)),
    };
    match (tag.suffix.as_str(), value) {
        ("bool", value @ Scalar::Bool(_))
        | ("int", value @ Scalar::Integer(_))
        | ("float", value @ Scalar::Float(_))
        | ("null", value @ Scalar::Null) => Ok(value),
        ("float", Scalar::Integer(digits)) => digits
            .parse()
            .map(Scalar::Float)
            .map_err(|_| "`!!float`: not a number".to_owned()),
        (name, _) => Err(format!("`!!{name}`: the value is of another type")),
    }
}

/// The value of a plain scalar.
fn plain(text: String) -> Scalar {
    if text.len() <= LONGEST_WORD {
        if let Some((_, value)) = WORDS.iter().find(|(word, _)| *word == text) {
            return value.clone();
        }
        match text.as_str() {
            "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
            "<<" => return Scalar::Merge,
            _ => {}
        }
    }
    match number::read(&text) {
        Some(number::Number::Integer(digits)) => Scalar::Integer(digits),
        Some(number::Number::Float(value)) => Scalar::Float(value),
        None => Scalar::Text(text),
    }
}

impl Scalar {
    /// The scalar as a JSON key, which is a text always; none for null.
    pub(crate) fn key(self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => value.to_string(),
            Self::Integer(digits) => digits,
            Self::Float(value) => number::key(value),
            Self::Text(text) => text,
            Self::Merge => "<<".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_WORD, Scalar, WORDS, resolve};
    use saphyr_parser::{ScalarStyle, Tag};

    fn plain(text: &str) -> Scalar {
        resolve(text.to_owned(), ScalarStyle::Plain, None).unwrap()
    }

    fn tagged(name: &str, text: &str) -> Result<Scalar, String> {
        let tag = Tag {
            handle: "tag:yaml.org,2002:".to_owned(),
            suffix: name.to_owned(),
        };
        resolve(text.to_owned(), ScalarStyle::DoubleQuoted, Some(&tag))
    }

    fn text(value: &str) -> Scalar {
        Scalar::Text(value.to_owned())
    }

    fn integer(value: &str) -> Scalar {
        Scalar::Integer(value.to_owned())
    }

    #[test]
    fn knows_the_booleans_of_yaml_1_1() {
        for word in "y Y yes Yes YES true True TRUE on On ON".split(' ') {
            assert_eq!(plain(word), Scalar::Bool(true), "{word}");
        }
        for word in "n N no No NO false False FALSE off Off OFF".split(' ') {
            assert_eq!(plain(word), Scalar::Bool(false), "{word}");
        }
        for word in "yEs tRue oN nO yess 0n".split(' ') {
            assert_eq!(plain(word), text(word));
        }
    }

    #[test]
    fn knows_null() {
        for word in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(word), Scalar::Null);
        }
        assert_eq!(plain("nULL"), text("nULL"));
    }

    #[test]
    fn keeps_quoted_and_block_scalars_as_text() {
        for style in [
            ScalarStyle::SingleQuoted,
            ScalarStyle::DoubleQuoted,
            ScalarStyle::Literal,
            ScalarStyle::Folded,
        ] {
            for word in ["yes", "1", "", "<<", ".inf"] {
                assert_eq!(resolve(word.to_owned(), style, None), Ok(text(word)));
            }
        }
    }

    #[test]
    fn keeps_times_as_text() {
        for word in ["2001-12-14", "2001-12-14T21:59:43Z", "12:30:45"] {
            assert_eq!(plain(word), text(word));
        }
    }

    #[test]
    fn honours_tags() {
        assert_eq!(tagged("str", "1"), Ok(text("1")));
        assert_eq!(tagged("int", "0x10"), Ok(integer("16")));
        assert_eq!(tagged("bool", "on"), Ok(Scalar::Bool(true)));
        assert_eq!(tagged("null", ""), Ok(Scalar::Null));
        assert_eq!(tagged("float", "3"), Ok(Scalar::Float(3.0)));
        assert_eq!(tagged("float", "1.5"), Ok(Scalar::Float(1.5)));
        assert_eq!(tagged("timestamp", "2001-12-14"), Ok(text("2001-12-14")));
        assert_eq!(tagged("unknown", "1"), Ok(text("1")));
    }

    #[test]
    fn refuses_a_value_that_is_not_what_its_tag_says() {
        for (name, value) in [
            ("int", "secret"),
            ("int", "1.5"),
            ("bool", "1"),
            ("null", "0"),
            ("float", "secret"),
            ("binary", "c2VjcmV0"),
        ] {
            let message = tagged(name, value).unwrap_err();
            assert!(message.starts_with(&format!("`!!{name}`")), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn makes_keys_texts() {
        for (word, key) in [
            ("on", "true"),
            ("n", "false"),
            ("0x10", "16"),
            ("1.50", "1.5"),
            ("<<", "<<"),
        ] {
            assert_eq!(plain(word).key().as_deref(), Some(key));
        }
        assert_eq!(plain("~").key(), None);
    }

    #[test]
    fn words_are_short() {
        assert!(WORDS.iter().all(|(word, _)| word.len() <= LONGEST_WORD));
    }
}
